/** The gate has this device wait: one calm line that says why, and for about how long. */
import type { ConnectionView } from "@rempart/client";
import { useEffect, useState } from "react";
import { useModel, useText } from "../app/context.ts";
import type { Catalogue } from "../i18n/catalogue.ts";
import { Button } from "./button.tsx";

export function WaitingLine({ connection }: { readonly connection: ConnectionView }) {
  const text = useText();
  const model = useModel();
  const leftMs = useLeft(connection);
  return (
    <div className="connection-line waiting-line" data-state={connection.state}>
      <span className="connection-dot" />
      <span>
        <span role="status">{sentences(text, connection).join(" ")}</span>{" "}
        {/* Beside the live region: a reader that wants the time asks for it, and nobody has every second read out. */}
        <span className="waiting-time" role="timer">
          {connection.state === "waiting" && leftMs !== undefined ? text.line.left(timeIn(text, leftMs)) : null}
        </span>
      </span>
      {/* Whoever is on another network by now need not wait. */}
      {connection.why === "gone" && connection.state === "waiting" ? (
        <Button look="quiet" onClick={() => void model.attempt(() => model.client.reconnect())}>
          {text.tryNow}
        </Button>
      ) : null}
      {connection.why === "working" && connection.state === "waiting" ? (
        <progress className="waiting-progress" aria-label={text.line.progress} value={connection.progress ?? 0} />
      ) : null}
    </div>
  );
}

/** What is the matter, and what happens next. */
function sentences(text: Catalogue, { state, why, mode = "normal" }: ConnectionView): readonly string[] {
  const next = state === "waiting" && why !== undefined ? text.line[why] : text.line.turn;
  // That an address is not let in says nothing of how busy the server is.
  return why === "gone" && mode !== "siege" ? [next] : [text.line.pressed[mode], next];
}

const minuteMs = 60_000;
/** Up to here the time is told in seconds. */
const secondsUpToMs = 1.5 * minuteMs;

function timeIn(text: Catalogue, leftMs: number): string {
  if (leftMs > secondsUpToMs) return text.line.minutes(Math.round(leftMs / minuteMs));
  return text.line.seconds(Math.max(1, Math.ceil(leftMs / 1_000)));
}

/** Milliseconds left: the mean while it works, which does not shrink; otherwise counted down. */
function useLeft({ state, why, retryAt, estimateMs }: ConnectionView): number | undefined {
  const [now, setNow] = useState(() => Date.now());
  const isCounting = state === "waiting" && why !== "working";
  useEffect(() => {
    if (!isCounting) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [isCounting]);
  if (why === "working") return estimateMs;
  return retryAt === undefined ? undefined : retryAt - now;
}
