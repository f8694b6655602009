/** A client without an engine, for looking at screens: it answers from `fake-data.ts` and keeps nothing. */
import {
  type AccountView,
  type ClientApi,
  ClientError,
  type ClientEvent,
  type ConnectionView,
  type MessageView,
} from "@rempart/client";
import {
  chats,
  contacts,
  detailOf,
  directId,
  directMessages,
  groupId,
  groupMessages,
  replacedId,
  self,
} from "./fake-data.ts";

export type FakeScene = "new" | "phrase" | "chats" | "empty" | "offline" | "busy" | "working" | "gone";

const phrase = "anchor basket copper dune ember falcon garden harbor island jungle kettle lantern";
const noon = Date.UTC(2027, 0, 15, 12);

function connectionIn(scene: FakeScene): ConnectionView {
  const mode = "siege";
  switch (scene) {
    case "offline":
      return { state: "offline" };
    case "busy":
      return { state: "waiting", why: "busy", mode, retryAt: Date.now() + 12_000 };
    case "working":
      return { state: "waiting", why: "working", mode, retryAt: Date.now(), estimateMs: 8_000, progress: 0.62 };
    case "gone":
      return { state: "waiting", why: "gone", mode: "normal", retryAt: Date.now() + 300_000 };
    default:
      return { state: "online" };
  }
}

const shownAs = (chat: string) => (chat === replacedId ? directId : chat);

export function fakeClient(scene: FakeScene): ClientApi {
  const listeners = new Set<(event: ClientEvent) => void>();
  let account: AccountView | null =
    scene === "new"
      ? null
      : {
          account: self,
          device: "00",
          name: "Zoé",
          role: "admin",
          server: location.origin,
          recoveryConfirmed: scene !== "phrase",
        };
  let sent = 1_000;
  const all = new Map<string, readonly MessageView[]>([
    [groupId, groupMessages],
    [directId, directMessages],
  ]);
  const emit = (event: ClientEvent) => {
    for (const listener of listeners) listener(event);
  };
  const find = (id: string) => {
    const message = [...all.values()].flat().find((each) => each.message === id);
    if (message === undefined) throw new ClientError("ERR_NOT_FOUND", "no such message");
    return message;
  };
  const put = (message: MessageView, isNew: boolean) => {
    const rest = (all.get(message.chat) ?? []).filter((each) => each.message !== message.message);
    all.set(
      message.chat,
      [...rest, message].sort((a, b) => a.order - b.order),
    );
    emit({ event: "message", message, isNew });
    return message;
  };
  const invite = (id: string, uses: number, revoked: boolean) => ({
    invite: `${location.origin}/i#AQ${"x7Kq2".repeat(44)}`,
    id,
    uses,
    expiresAt: noon,
    createdAt: noon,
    revoked,
  });
  return {
    account: async () => account,
    inspectLink: async (link) => {
      if (!link.includes("#")) throw new ClientError("ERR_LINK" as "ERR_ARGUMENT", "no link");
      return { kind: link.includes("/c#") ? "contact" : "invite", server: location.origin, account: "b1".repeat(32) };
    },
    createAccount: async ({ name }) => {
      if (name === "Siège") {
        emit({ event: "connection", connection: connectionIn("working") });
        return new Promise(() => undefined);
      }
      account = { account: self, device: "00", name, role: "admin", server: location.origin, recoveryConfirmed: false };
      return { account: self, name, recovery: phrase };
    },
    recoveryPhrase: async () => phrase,
    confirmRecovery: async (words) => {
      const expected = phrase.split(" ");
      if (words.some(({ position, word }) => expected[position] !== word)) {
        throw new ClientError("ERR_PHRASE" as "ERR_ARGUMENT", "wrong");
      }
      if (account !== null) account = { ...account, recoveryConfirmed: true };
    },
    rename: async () => undefined,
    createInvite: async ({ uses }) => invite("new", uses, false),
    invites: async () => [invite("one", 5, false), invite("two", 1, true)],
    revokeInvite: async () => undefined,
    contactLink: async () => `${location.origin}/c#AQ${"b3Zp9".repeat(40)}`,
    addContact: async () => ({ contact: contacts[0]?.contact ?? "", chat: directId }),
    contacts: async () => (scene === "empty" ? [] : contacts),
    chats: async () => (scene === "empty" ? [] : chats),
    chat: async (id) => {
      const chat = chats.find((each) => each.chat === shownAs(id));
      if (chat === undefined) throw new ClientError("ERR_NOT_FOUND", "no such chat");
      return detailOf(chat);
    },
    messages: async ({ chat, before = Number.POSITIVE_INFINITY, after = 0, limit }) =>
      (all.get(shownAs(chat)) ?? []).filter((each) => each.order < before && each.order > after).slice(-limit),
    createGroup: async () => ({ chat: groupId }),
    addMembers: async () => undefined,
    removeMember: async () => undefined,
    renameGroup: async () => undefined,
    setRole: async () => undefined,
    setPermissions: async () => undefined,
    leaveGroup: async () => undefined,
    deleteChat: async () => undefined,
    send: async ({ chat, text }) => {
      const order = ++sent;
      const made: MessageView = {
        ...find("m53"),
        message: `m${order}`,
        chat: shownAs(chat),
        text,
        order,
        seq: order,
        state: "sent",
        at: Date.now(),
      };
      return put(made, true);
    },
    edit: async ({ message, text }) => put({ ...find(message), text, editedAt: Date.now() }, false),
    delete: async (message) => put({ ...find(message), isDeleted: true, text: "" }, false),
    react: async ({ message, emoji, remove }) =>
      put(
        { ...find(message), reactions: remove === true ? [] : [{ emoji, count: 1, own: true, names: ["Zoé"] }] },
        false,
      ),
    retry: async () => undefined,
    whenSent: async (message) => ({ message, chat: groupId, seq: 1 }),
    markRead: async () => undefined,
    setDraft: async () => undefined,
    file: async () => ({ name: "plan.pdf", type: "application/pdf", bytes: Uint8Array.of(1, 2, 3) }),
    connection: async () => connectionIn(scene),
    reconnect: async () => undefined,
    whenSynced: async () => undefined,
    preferences: async () => ({ language: "auto", theme: "auto", sendReadReceipts: true }),
    setPreferences: async () => undefined,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
