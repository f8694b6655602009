import type { Clock } from "../../ports.ts";

/** Longest delay that one timer takes; longer ones are waited for in pieces. */
const timerDelayMsMax = 2_147_483_647;

/** The operating system's clock. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number) => {
      const pieceMs = Math.min(leftMs, timerDelayMsMax);
      timer = setTimeout(() => (leftMs > pieceMs ? wait(leftMs - pieceMs) : callback()), pieceMs);
    };
    wait(Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};
