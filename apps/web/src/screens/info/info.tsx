/** The page of a chat: a contact's, or a group's. */
import type { ChatDetailView } from "@rempart/client";
import { useMemo } from "react";
import { useModel, useText } from "../../app/context.ts";
import { useStore } from "../../app/store.ts";
import { Avatar } from "../../parts/avatar.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { ContactSections } from "./contact-sections.tsx";
import { GroupSections } from "./group-sections.tsx";
import { Warnings } from "./warnings.tsx";

export default function Info({ chat }: { readonly chat: string }) {
  const text = useText();
  const app = useModel();
  const model = useMemo(() => app.conversation(chat), [app, chat]);
  const detail = useStore(model.state, (state) => state.detail);
  if (detail === undefined) return <Page title={text.contact.title}>{null}</Page>;
  const isGroup = detail.kind === "group";
  return (
    <Page title={isGroup ? text.group.title : text.contact.title}>
      <div className="profile">
        <Avatar id={chat} name={detail.title} size="large" isGroup={isGroup} />
        <h2 className="profile-name">{detail.title}</h2>
        <p className="muted">{isGroup ? text.members(detail.members.length) : text.encrypted}</p>
      </div>
      <Warnings warnings={detail.warnings} />
      {isGroup ? <GroupSections detail={detail} /> : <ContactSections detail={detail} />}
      <Encryption detail={detail} />
    </Page>
  );
}

function Encryption({ detail }: { readonly detail: ChatDetailView }) {
  const text = useText();
  return (
    <Section title={text.encryption.title}>
      <div className="line">
        <Icon name="lock" />
        <p>{detail.postQuantum ? text.encryption.postQuantum : text.encryption.classical}</p>
      </div>
    </Section>
  );
}
