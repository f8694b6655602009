/** What stands in the list before there is a chat, or when a search finds none. */
import { useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";

export function EmptyList({ isFiltered }: { readonly isFiltered: boolean }) {
  const text = useText();
  const model = useModel();
  if (isFiltered) return <p className="empty-list">{text.nothingFound}</p>;
  return (
    <div className="empty-list">
      <p>{text.noChats}</p>
      <p className="muted">{text.noChatsHint}</p>
      <Button look="primary" icon="ticket" onClick={() => model.router.go({ name: "invites" })}>
        {text.invites.title}
      </Button>
    </div>
  );
}
