/**
 * Loaded into the process of every test file: one that still runs long after its tests could have ended, because a
 * test hangs or a failed one left a server open, says so and fails, instead of holding up the whole check.
 */
import { writeSync } from "node:fs";

/** Milliseconds: many times what the slowest file takes on two slow cores. */
const fileMsMax = 600_000;

setTimeout(() => {
  writeSync(2, `still open after ${fileMsMax / 1000} s: ${process.getActiveResourcesInfo().join(", ")}\n`);
  process.exit(1);
}, fileMsMax).unref();
