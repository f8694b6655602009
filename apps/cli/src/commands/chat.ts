import type { Command } from "../command.ts";
import { findChat } from "../lookup.ts";
import { alignColumns } from "../output.ts";
import { caughtUpClient } from "../readiness.ts";
import { chatLine } from "../shapes.ts";
import { formatTime } from "../text/time.ts";
import { printable } from "../text/width.ts";

const list: Command = {
  name: "chat list",
  usage: "",
  summary: "List chats, the latest first.",
  positionals: { min: 0, max: 0 },
  async run(context) {
    const client = await caughtUpClient(context);
    const now = context.world.now();
    context.output.printList(await client.chats(), {
      json: chatLine,
      row: ({ chat, title, unread, at, isActive, lastMessage }) => [
        chat.slice(0, 8),
        isActive ? title : `${title} (left)`,
        unread === 0 ? "" : `${unread} new`,
        formatTime(at, now),
        lastMessage === undefined ? "" : `${lastMessage.name}: ${lastMessage.text}`.slice(0, 60),
      ],
      empty: "No chats.",
    });
  },
};

const show: Command = {
  name: "chat show",
  usage: "CHAT",
  summary: "Show a chat's members, roles and permissions.",
  positionals: { min: 1, max: 1 },
  async run(context) {
    const client = await caughtUpClient(context);
    const { chat } = await findChat(client, context.args.at(0));
    const view = await client.chat(chat);
    const { members, permissions, ownRole, postQuantum, warnings } = view;
    const line = { ...chatLine(view), members, permissions, ownRole, postQuantum, warnings };
    const isGroup = view.kind === "group";
    const people = members.map(({ name, account, role, isSelf }) => {
      const label = isGroup ? role : "member";
      return [label, isSelf ? `${name} (you)` : name, account];
    });
    const { send, addMembers, removeMembers, changeInfo } = permissions;
    const rows = [
      `${printable(view.title)} (${view.chat})`,
      `keys: ${postQuantum ? "hybrid post-quantum" : "classical"}`,
      ...(isGroup ? [`may send: ${send}; add: ${addMembers}; remove: ${removeMembers}; rename: ${changeInfo}`] : []),
      ...alignColumns(people),
      ...warnings.map(({ code, at }) => `warning: ${code} at ${formatTime(at, context.world.now())}`),
    ];
    context.output.print(line, rows.join("\n"));
  },
};

const read: Command = {
  name: "chat read",
  usage: "CHAT",
  summary: "Mark everything in a chat as read.",
  positionals: { min: 1, max: 1 },
  async run(context) {
    const client = await caughtUpClient(context);
    const { chat, title } = await findChat(client, context.args.at(0));
    const [last] = await client.messages({ chat, limit: 1 });
    if (last !== undefined) await client.markRead({ chat, upTo: last.order });
    context.output.print({ chat, unread: 0 }, `Everything in ${title} is read.`);
  },
};

const remove: Command = {
  name: "chat delete",
  usage: "CHAT",
  summary: "Remove a chat that was left, with its history, from this device.",
  positionals: { min: 1, max: 1 },
  async run(context) {
    const client = await context.client();
    const { chat, title } = await findChat(client, context.args.at(0));
    await client.deleteChat(chat);
    context.output.print({ chat, deleted: true }, `${title} is gone from this device.`);
  },
};

export const chatCommands: readonly Command[] = [list, show, read, remove];
