/** How far a message of one's own has come. The mark is drawn; its meaning is written for screen readers. */
import type { MessageState } from "@rempart/client";
import { useText } from "../app/context.ts";

const single = "M2 8.5l4 4L14 4.5";
const double = "M1 8.5l4 4L12.5 4.5M8 11l1.5 1.5L17.5 4.5";
const clock = "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.2l2 1.3";
const failed = "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.5M8 11v.01";

const drawings: Readonly<Record<MessageState, string>> = {
  queued: clock,
  sent: single,
  delivered: double,
  read: double,
  failed,
};

export function StateMark({ state }: { readonly state: MessageState }) {
  const text = useText();
  const width = state === "delivered" || state === "read" ? 19 : 16;
  return (
    <svg
      className="state-mark"
      data-state={state}
      width={width}
      height={16}
      viewBox={`0 0 ${width} 16`}
      role="img"
      aria-label={text.messageState[state]}
    >
      <path d={drawings[state]} />
    </svg>
  );
}
