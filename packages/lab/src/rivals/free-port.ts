import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { LabError } from "../lab-error.ts";
import type { Child } from "../process/child.ts";

const listenMsMax = 60_000;

/** A loopback port that was free a moment ago: for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until a child accepts connections. Throws `ERR_CHILD` when it ends, or does not within a minute. */
export async function untilListening(child: Child, port: number): Promise<void> {
  const givesUpAt = performance.now() + listenMsMax;
  while (!child.hasEnded && performance.now() < givesUpAt) {
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new LabError("ERR_CHILD", `a server under comparison did not start: ${child.errors}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
