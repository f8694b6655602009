import type { ClientApi, MemberRole, PermissionsView } from "@rempart/client";
import type { Command, Context } from "../command.ts";
import { CliError } from "../failure.ts";
import { findChat, findContact, findMember } from "../lookup.ts";
import { syncedClient, timeoutOption, withTimeout } from "../readiness.ts";

const roles: readonly MemberRole[] = ["owner", "admin", "member"];
const unsure = "look at chat show to see whether it was done";

const create: Command = {
  name: "group create",
  usage: "NAME [CONTACT…]",
  summary: "Create a group with these contacts.",
  options: timeoutOption,
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const client = await syncedClient(context);
    const [name = "", ...queries] = context.args.positionals;
    const contacts = await contactsOf(client, queries);
    const { chat } = await withTimeout(context, client.createGroup({ name, contacts }), unsure);
    context.output.print({ chat }, `${name} is ${chat}.`);
  },
};

const add: Command = {
  name: "group add",
  usage: "CHAT CONTACT…",
  summary: "Add contacts to a group.",
  options: timeoutOption,
  positionals: { min: 2, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const [query = "", ...queries] = context.args.positionals;
    const { client, chat } = await chatOf(context, query);
    const contacts = await contactsOf(client, queries);
    await withTimeout(context, client.addMembers({ chat, contacts }), unsure);
    context.output.print({ chat, added: contacts }, "Done.");
  },
};

const remove: Command = {
  name: "group remove",
  usage: "CHAT MEMBER…",
  summary: "Remove members from a group.",
  options: timeoutOption,
  positionals: { min: 2, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const [query = "", ...queries] = context.args.positionals;
    const { client, chat } = await chatOf(context, query);
    const view = await client.chat(chat);
    const accounts = queries.map((name) => findMember(view, name).account);
    for (const account of accounts) await withTimeout(context, client.removeMember({ chat, account }), unsure);
    context.output.print({ chat, removed: accounts }, "Done.");
  },
};

const leave: Command = {
  name: "group leave",
  usage: "CHAT",
  summary: "Leave a group; its history stays on this device.",
  options: timeoutOption,
  positionals: { min: 1, max: 1 },
  async run(context) {
    const { client, chat } = await chatOf(context, context.args.at(0));
    await withTimeout(context, client.leaveGroup(chat), unsure);
    context.output.print({ chat, left: true }, "You have left.");
  },
};

const rename: Command = {
  name: "group rename",
  usage: "CHAT NAME",
  summary: "Rename a group.",
  options: timeoutOption,
  positionals: { min: 2, max: 2 },
  async run(context) {
    const { client, chat } = await chatOf(context, context.args.at(0));
    const name = context.args.at(1);
    await withTimeout(context, client.renameGroup({ chat, name }), unsure);
    context.output.print({ chat, title: name }, `The group is called ${name} now.`);
  },
};

const role: Command = {
  name: "group role",
  usage: "CHAT MEMBER owner|admin|member",
  summary: "Give a member another role.",
  options: timeoutOption,
  positionals: { min: 3, max: 3 },
  async run(context) {
    const wanted = asRole(context.args.at(2));
    const { client, chat } = await chatOf(context, context.args.at(0));
    const { account, name } = findMember(await client.chat(chat), context.args.at(1));
    await withTimeout(context, client.setRole({ chat, account, role: wanted }), unsure);
    context.output.print({ chat, account, role: wanted }, `${name} is ${wanted} now.`);
  },
};

const permissionOptions = {
  "add-members": "addMembers",
  "remove-members": "removeMembers",
  "change-info": "changeInfo",
  send: "send",
} as const satisfies Record<string, keyof PermissionsView>;

const permissions: Command = {
  name: "group permissions",
  usage: "CHAT [--add-members ROLE] [--remove-members ROLE] [--change-info ROLE] [--send ROLE]",
  summary: "Show or change the least role that may do a thing.",
  options: {
    "add-members": { type: "string", value: "ROLE", help: "who may add members" },
    "remove-members": { type: "string", value: "ROLE", help: "who may remove members" },
    "change-info": { type: "string", value: "ROLE", help: "who may rename the group" },
    send: { type: "string", value: "ROLE", help: "who may send messages" },
    ...timeoutOption,
  },
  positionals: { min: 1, max: 1 },
  async run(context) {
    const change: Partial<Record<keyof PermissionsView, MemberRole>> = {};
    for (const [option, permission] of Object.entries(permissionOptions)) {
      const value = context.args.text(option);
      if (value !== undefined) change[permission] = asRole(value);
    }
    const { client, chat } = await chatOf(context, context.args.at(0));
    const wanted: PermissionsView = { ...(await client.chat(chat)).permissions, ...change };
    if (Object.keys(change).length > 0) {
      await withTimeout(context, client.setPermissions({ chat, permissions: wanted }), unsure);
    }
    const rows = Object.entries(permissionOptions).map(([option, key]) => `${option.padEnd(14)} ${wanted[key]}`);
    context.output.print({ chat, permissions: wanted }, rows.join("\n"));
  },
};

async function chatOf(context: Context, query: string): Promise<{ client: ClientApi; chat: string }> {
  const client = await syncedClient(context);
  const { chat } = await findChat(client, query);
  return { client, chat };
}

async function contactsOf(client: ClientApi, queries: readonly string[]): Promise<readonly string[]> {
  const contacts: string[] = [];
  for (const query of queries) contacts.push((await findContact(client, query)).contact);
  return contacts;
}

function asRole(text: string): MemberRole {
  const found = roles.find((known) => known === text);
  if (found === undefined) throw new CliError("ERR_USAGE", `a role is owner, admin or member, not "${text}"`);
  return found;
}

export const groupCommands: readonly Command[] = [create, add, remove, leave, rename, role, permissions];
