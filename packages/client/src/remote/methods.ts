/** The calls that cross a channel. The type makes this list complete: a new method of the API must stand here. */
import type { ClientApi } from "../api.ts";

export type Method = Exclude<keyof ClientApi, "subscribe">;

const methods: Readonly<Record<Method, true>> = {
  account: true,
  inspectLink: true,
  createAccount: true,
  recoveryPhrase: true,
  confirmRecovery: true,
  rename: true,
  createInvite: true,
  invites: true,
  revokeInvite: true,
  contactLink: true,
  addContact: true,
  contacts: true,
  chats: true,
  chat: true,
  messages: true,
  createGroup: true,
  addMembers: true,
  removeMember: true,
  renameGroup: true,
  setRole: true,
  setPermissions: true,
  leaveGroup: true,
  deleteChat: true,
  send: true,
  edit: true,
  delete: true,
  react: true,
  retry: true,
  whenSent: true,
  markRead: true,
  setDraft: true,
  file: true,
  connection: true,
  reconnect: true,
  whenSynced: true,
  preferences: true,
  setPreferences: true,
};

export const methodNames: readonly Method[] = Object.keys(methods) as Method[];

export function isMethod(name: string): name is Method {
  return Object.hasOwn(methods, name);
}
