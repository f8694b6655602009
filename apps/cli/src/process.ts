/** The process around the commands. */
import { openHome } from "@rempart/client/platform/node";
import { runCli } from "./run.ts";

/** Asked to end a second time, this long after the first, the process ends at once. In milliseconds. */
const impatienceMs = 1_000;

/** One Ctrl-C can arrive twice: from the terminal and from the launcher that passes it on. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const stop = () => {
    firstAt ??= Date.now();
    if (Date.now() - firstAt > impatienceMs) process.exit(130);
    controller.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  return controller.signal;
}

// A launcher that is killed takes its program with it, as if they were one.
process.on("disconnect", () => process.exit(1));
process.channel?.unref();

/** Shown only to whoever looks for a fault: it is not written for the person at the terminal. */
function debug(error: unknown): void {
  if (process.env.REMPART_DEBUG !== undefined) console.error(error);
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  stop: stopSignal(),
  now: () => Date.now(),
  async openHome(dir) {
    // Loaded when it is needed: the server's process never runs a client.
    const { clientOpener } = await import("./open-client.ts");
    return openHome({ dir, openClient: clientOpener(debug) });
  },
});
