import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { clock } from "../honest/schedule.ts";
import { pause } from "../honest/waiting.ts";
import type { DiskWait } from "./observation.ts";

/** Between two writes. Milliseconds. */
const probeMs = 50;
const block = new Uint8Array(4_096);

/**
 * Makes 4 KiB durable twenty times a second, on the disk that the subject's data is on, and keeps how long each took: a
 * message is acknowledged when it is durable, and a disk that others use as well can keep it waiting for half a second.
 */
export class DiskProbe {
  readonly waits: DiskWait[] = [];
  readonly #file: FileHandle;
  readonly #probing: Promise<void>;
  #isOpen = true;
  #failure: unknown;

  private constructor(file: FileHandle) {
    this.#file = file;
    this.#probing = this.#probe().catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** Starts probing with a file in `directory`. */
  static async start(directory: string): Promise<DiskProbe> {
    return new DiskProbe(await open(join(directory, "disk-probe"), "w"));
  }

  /** Throws what kept it from writing, if something did. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#probing;
    await this.#file.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #probe(): Promise<void> {
    while (this.#isOpen) {
      const at = clock();
      await this.#file.write(block, 0, block.length, 0);
      await this.#file.sync();
      this.waits.push({ at, ms: clock() - at });
      await pause(probeMs);
    }
  }
}
