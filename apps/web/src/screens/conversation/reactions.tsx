/** Reactions below a message; clicking one joins in or takes one's own back. */
import type { MessageView } from "@rempart/client";
import { useModel, useText } from "../../app/context.ts";

export function Reactions({ message }: { readonly message: MessageView }) {
  const text = useText();
  const app = useModel();
  if (message.reactions.length === 0) return null;
  return (
    <div className="reactions">
      {message.reactions.map(({ emoji, count, own, names }) => (
        <button
          key={emoji}
          type="button"
          className="reaction"
          aria-pressed={own}
          aria-label={text.reaction(emoji, count)}
          title={names.join(", ")}
          onClick={() => void app.attempt(() => app.client.react({ message: message.message, emoji, remove: own }))}
        >
          <span>{emoji}</span>
          <span>{count}</span>
        </button>
      ))}
    </div>
  );
}
