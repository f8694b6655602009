/** What there is to know and to do about a group. */
import type { ChatDetailView, MemberRole } from "@rempart/client";
import { type ReactNode, useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { Section } from "../../parts/page.tsx";
import { mayDo } from "./may-do.ts";
import { MemberLine } from "./member-line.tsx";
import { Permissions } from "./permissions.tsx";
import { RenameDialog } from "./rename-dialog.tsx";

type Open = "rename" | "leave" | "forget" | undefined;

export function GroupSections({ detail }: { readonly detail: ChatDetailView }) {
  const text = useText();
  const app = useModel();
  const [open, setOpen] = useState<Open>();
  const { chat, members, permissions, ownRole, isActive } = detail;
  const may = (needed: MemberRole) => isActive && mayDo(ownRole, needed);
  return (
    <>
      <div className="profile-actions">
        {may(permissions.addMembers) ? (
          <Button icon="plus" onClick={() => app.router.go({ name: "add-members", chat })}>
            {text.group.add}
          </Button>
        ) : null}
        {may(permissions.changeInfo) ? (
          <Button icon="pencil" onClick={() => setOpen("rename")}>
            {text.group.rename}
          </Button>
        ) : null}
        <Button
          look="danger"
          icon={isActive ? "leave" : "trash"}
          onClick={() => setOpen(isActive ? "leave" : "forget")}
        >
          {isActive ? text.group.leave : text.group.forget}
        </Button>
      </div>
      <Section title={text.members(members.length)}>
        <ul className="lines">
          {members.map((member) => (
            <MemberLine key={member.account} member={member} detail={detail} />
          ))}
        </ul>
      </Section>
      <Permissions detail={detail} canChange={may("owner")} />
      <Dialogs detail={detail} open={open} onClose={() => setOpen(undefined)} />
    </>
  );
}

interface DialogsProps {
  readonly detail: ChatDetailView;
  readonly open: Open;
  onClose(): void;
}

function Dialogs({ detail, open, onClose }: DialogsProps): ReactNode {
  const text = useText();
  const app = useModel();
  const { chat, title } = detail;
  switch (open) {
    case undefined:
      return null;
    case "rename":
      return <RenameDialog chat={chat} name={title} onClose={onClose} />;
    case "leave":
      return (
        <Confirm
          title={text.group.leave}
          question={text.group.leaveQuestion(title)}
          action={text.group.leave}
          isDangerous
          onConfirm={() => void app.attempt(() => app.client.leaveGroup(chat))}
          onClose={onClose}
        />
      );
    case "forget":
      return (
        <Confirm
          title={text.group.forget}
          question={text.group.forgetQuestion(title)}
          action={text.group.forget}
          isDangerous
          onConfirm={() =>
            void app.attempt(async () => {
              await app.client.deleteChat(chat);
              app.leaveChat(chat);
            })
          }
          onClose={onClose}
        />
      );
  }
}
