/** What a person reads while the gate has this device wait. */
import type { ConnectionView } from "@rempart/client";

const pressed = {
  normal: "The server is busy.",
  guarded: "The server is very busy.",
  siege: "The server is under attack.",
} as const;

/** One line, or `undefined` when this device does not stand in line. */
export function lineText(connection: ConnectionView, now: number): string | undefined {
  const { state, why, mode = "normal", retryAt = now, estimateMs } = connection;
  if (why === undefined) return undefined;
  if (state !== "waiting") return `${pressed[mode]} It is your turn.`;
  switch (why) {
    case "busy":
      return `${pressed[mode]} You are in line: ${about(retryAt - now)}.`;
    case "working": {
      const time = estimateMs === undefined ? "" : `: ${about(estimateMs)}`;
      return `${pressed[mode]} Proving that this is a person's device${time}.`;
    }
    case "gone": {
      const refusal = `Nobody from this network is let in for now. Next try: ${about(retryAt - now)}.`;
      return mode === "siege" ? `${pressed[mode]} ${refusal}` : refusal;
    }
  }
}

const minuteMs = 60_000;
/** Up to here the time is told in seconds. */
const secondsUpToMs = 1.5 * minuteMs;

function about(ms: number): string {
  return ms > secondsUpToMs
    ? `about ${Math.round(ms / minuteMs)} min`
    : `about ${Math.max(1, Math.ceil(ms / 1_000))} s`;
}
