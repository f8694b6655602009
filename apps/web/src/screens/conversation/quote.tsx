/** The message that is answered, in short; clicking it goes there. */
import type { MessageView } from "@rempart/client";
import { useText } from "../../app/context.ts";
import type { ConversationModel } from "../../app/conversation-model.ts";
import { plainText } from "../../parts/plain-text.ts";

export interface QuoteProps {
  readonly quoted: NonNullable<MessageView["replyTo"]>;
  readonly model: ConversationModel;
}

export function Quote({ quoted, model }: QuoteProps) {
  const text = useText();
  const show = async () => {
    if (!(await model.reach(quoted.message))) return;
    model.show(quoted.message);
  };
  return (
    <button type="button" className="quote" onClick={() => void show()}>
      <span className="quote-name">{quoted.name}</span>
      <span className="quote-text">{quoted.text === "" ? text.otherMessage : plainText(quoted.text)}</span>
    </button>
  );
}
