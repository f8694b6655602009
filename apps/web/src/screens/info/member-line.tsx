/** One member of a group, with what one may do about them. */
import type { ChatDetailView, MemberView } from "@rempart/client";
import { type MouseEvent, useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import { Avatar } from "../../parts/avatar.tsx";
import { IconButton } from "../../parts/button.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { Menu, type MenuItem, type Point } from "../../parts/menu.tsx";
import { mayDo, outranks, roles } from "./may-do.ts";

export interface MemberLineProps {
  readonly member: MemberView;
  readonly detail: ChatDetailView;
}

export function MemberLine({ member, detail }: MemberLineProps) {
  const text = useText();
  const app = useModel();
  const [menu, setMenu] = useState<Point>();
  const [isRemoving, setRemoving] = useState(false);
  const { chat, ownRole, permissions, isActive } = detail;
  const isBelow = isActive && !member.isSelf && outranks(ownRole, member.role);
  const items: MenuItem[] = [];
  if (isBelow && mayDo(ownRole, "admin")) {
    for (const role of roles) {
      if (role === member.role || !mayDo(ownRole, role)) continue;
      items.push({
        label: text.group.makeRole(text.roles[role]),
        icon: "key",
        run: () => void app.attempt(() => app.client.setRole({ chat, account: member.account, role })),
      });
    }
  }
  if (isBelow && mayDo(ownRole, permissions.removeMembers)) {
    items.push({ label: text.group.remove, icon: "trash", isDangerous: true, run: () => setRemoving(true) });
  }
  const open = (event: MouseEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setMenu({ x: box.right - 220, y: box.bottom });
  };
  return (
    <li className="line">
      <Avatar id={member.account} name={member.name} size="small" />
      <span className="line-text">
        <span className="line-title">{member.isSelf ? `${member.name} (${text.you})` : member.name}</span>
      </span>
      {member.role === "member" ? null : <span className="role">{text.roles[member.role]}</span>}
      {items.length === 0 ? null : <IconButton icon="more" label={text.group.actionsFor(member.name)} onClick={open} />}
      {menu === undefined ? null : (
        <Menu label={text.group.actionsFor(member.name)} at={menu} items={items} onClose={() => setMenu(undefined)} />
      )}
      {isRemoving ? (
        <Confirm
          title={text.group.remove}
          question={text.group.removeQuestion(member.name)}
          action={text.group.remove}
          isDangerous
          onConfirm={() => void app.attempt(() => app.client.removeMember({ chat, account: member.account }))}
          onClose={() => setRemoving(false)}
        />
      ) : null}
    </li>
  );
}
