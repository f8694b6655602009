/** What there is to know about one contact. */
import type { ChatDetailView } from "@rempart/client";
import { useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Section } from "../../parts/page.tsx";

export function ContactSections({ detail }: { readonly detail: ChatDetailView }) {
  const text = useText();
  const app = useModel();
  const contact = detail.members.find((member) => !member.isSelf);
  if (contact === undefined) return null;
  return (
    <>
      <div className="profile-actions">
        <Button look="primary" icon="reply" onClick={() => app.router.back()}>
          {text.contact.write}
        </Button>
      </div>
      <Section title={text.contact.key}>
        <p className="field-note">{text.contact.keyHint}</p>
        <p className="account-key" translate="no">
          {groupsOf(contact.account)}
        </p>
        <CopyButton value={contact.account} label={text.copy} />
      </Section>
    </>
  );
}

/** Hexadecimal in groups of four, which people can compare. */
export function groupsOf(hex: string): string {
  return hex.replace(/(.{4})(?=.)/g, "$1 ");
}
