/** What the person should know about a chat, above everything else on its page. */
import type { ChatDetailView } from "@rempart/client";
import { useFormats, useText } from "../../app/context.ts";
import { Icon } from "../../parts/icon.tsx";

export function Warnings({ warnings }: Pick<ChatDetailView, "warnings">) {
  const text = useText();
  const formats = useFormats();
  return warnings.map(({ code, at }) => (
    <div className="warning" role="note" key={`${code}.${at}`}>
      <Icon name="alert" />
      <p>
        {text.failure(code)} <span className="muted">{formats.full(at)}</span>
      </p>
    </div>
  ));
}
