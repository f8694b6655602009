/** People and messages for looking at screens. */
import type { ChatDetailView, ChatView, MessageView } from "@rempart/client";

export const self = "a0".repeat(32);
const people = {
  ada: { account: "b1".repeat(32), name: "Ada Lovelace" },
  bruno: { account: "c2".repeat(32), name: "Bruno Latour" },
  chen: { account: "d3".repeat(32), name: "陈小明" },
  dora: { account: "e4".repeat(32), name: "Dora Maar" },
} as const;
type Person = keyof typeof people;

export const groupId = "01".repeat(16);
export const directId = "02".repeat(16);
/** A chat in whose place the direct one is shown. */
export const replacedId = "03".repeat(16);

const minute = 60_000;
const now = Date.now();

function message(order: number, from: Person | "me", text: string, more: Partial<MessageView> = {}): MessageView {
  const isOwn = from === "me";
  return {
    message: `m${order}`,
    chat: groupId,
    seq: order,
    from: isOwn ? self : people[from].account,
    name: isOwn ? "Zoé" : people[from].name,
    isOwn,
    text,
    at: now - (60 - order) * 3 * minute,
    state: isOwn ? "read" : "delivered",
    isDeleted: false,
    reactions: [],
    order,
    ...more,
  };
}

export const groupMessages: readonly MessageView[] = [
  message(1, "ada", "", { notice: { kind: "created" }, at: now - 30 * 60 * minute }),
  message(2, "ada", "", { notice: { kind: "added", names: ["Bruno Latour", "陈小明"] }, at: now - 30 * 60 * minute }),
  message(3, "ada", "Shall we meet at the *old wall* on Saturday? I will bring the map.", {
    at: now - 29 * 60 * minute,
  }),
  message(4, "bruno", "Yes! **10:30**, by the north gate.", {
    at: now - 28.9 * 60 * minute,
    reactions: [{ emoji: "👍", count: 3, own: true, names: ["Zoé", "Ada Lovelace", "陈小明"] }],
  }),
  message(5, "bruno", "Somebody should look at the tide tables: https://example.org/tides?port=saint-malo", {
    at: now - 28.8 * 60 * minute,
  }),
  message(20, "me", "On it.", {}),
  message(
    21,
    "me",
    "Low water is at 11:12, so we can walk around the foot of the rampart and be back in time for lunch.",
    {
      reactions: [
        { emoji: "❤️", count: 1, own: false, names: ["陈小明"] },
        { emoji: "🎉", count: 2, own: false, names: ["Ada Lovelace", "Bruno Latour"] },
      ],
    },
  ),
  message(22, "chen", "太好了！我带相机。", {}),
  message(
    23,
    "chen",
    "This is how I counted the merlons:\n```python\nfor tower in rampart.towers:\n    print(tower.name, len(tower.merlons))\n```",
    {},
  ),
  message(30, "ada", "The keeper says the password is ||open sesame||, do not tell `root`.", {
    replyTo: { message: "m21", name: "Zoé", text: "Low water is at 11:12, so we can walk around the foot" },
    editedAt: now - 80 * minute,
  }),
  message(31, "bruno", "", { isDeleted: true }),
  message(40, "bruno", "Plan of the walk", {
    file: { name: "rempart-plan-1760.pdf", type: "application/pdf", size: 2_480_000, isLocal: false },
  }),
  message(50, "me", "Received, thanks!", { state: "delivered" }),
  message(51, "me", "I am sending the photographs now", {
    state: "sent",
    file: { name: "photographs.zip", type: "application/zip", size: 18_400_000, transferred: 7_200_000, isLocal: true },
  }),
  message(52, "ada", "~~Friday~~ Saturday then.", { at: now - 2 * minute }),
  message(53, "me", "See you there 🏰", { state: "queued", seq: 0, at: now - minute }),
];

export const directMessages: readonly MessageView[] = Array.from({ length: 400 }, (_, i) =>
  message(i + 1, i % 3 === 0 ? "me" : "ada", `Line ${i + 1}: ${"word ".repeat((i * 7) % 23)}`.trim(), {
    message: `d${i + 1}`,
    chat: directId,
    at: now - (400 - i) * 9 * minute,
  }),
);

const base = { isActive: true, postQuantum: true, draft: "" } as const;
const last = (person: Person, text: string, at: number, isOwn = false): Pick<ChatView, "lastMessage" | "at"> => ({
  lastMessage: { name: people[person].name, text, at, isOwn },
  at,
});

export const chats: readonly ChatView[] = [
  {
    ...base,
    chat: groupId,
    kind: "group",
    title: "Walk around the rampart",
    unread: 2,
    ...last("ada", "~~Friday~~ Saturday then.", now - 2 * minute),
  },
  {
    ...base,
    chat: directId,
    kind: "direct",
    title: "Ada Lovelace",
    unread: 0,
    ...last("ada", "Line 400: word word word", now - 9 * minute),
  },
  {
    ...base,
    chat: "03".repeat(16),
    kind: "direct",
    title: "陈小明",
    unread: 12,
    ...last("chen", "明天见", now - 300 * minute),
  },
  {
    ...base,
    chat: "04".repeat(16),
    kind: "direct",
    title: "Bruno Latour",
    unread: 0,
    draft: "I wanted to ask whether",
    ...last("bruno", "ok", now - 1500 * minute),
  },
  {
    ...base,
    chat: "05".repeat(16),
    kind: "group",
    title: "Night watch",
    unread: 0,
    isActive: false,
    ...last("dora", "All quiet.", now - 9000 * minute),
  },
  {
    ...base,
    chat: "06".repeat(16),
    kind: "direct",
    title: "Dora Maar",
    unread: 0,
    ...last("dora", "Thank you for the negatives, they came out well", now - 90_000 * minute, true),
  },
];

export function detailOf(chat: ChatView): ChatDetailView {
  const me = { account: self, name: "Zoé", role: "admin", isSelf: true, devices: 1 } as const;
  const others = chat.kind === "group" ? (["ada", "bruno", "chen"] as const) : (["ada"] as const);
  return {
    ...chat,
    members: [
      me,
      ...others.map((key, i) => ({
        ...people[key],
        role: i === 0 ? ("owner" as const) : ("member" as const),
        isSelf: false,
        devices: 1,
      })),
    ],
    permissions: { addMembers: "admin", removeMembers: "admin", changeInfo: "admin", send: "member" },
    ownRole: "admin",
    warnings: chat.chat === groupId ? [{ code: "ERR_SERVER_FORK", at: now - 400 * minute }] : [],
  };
}

export const contacts = Object.values(people).map(({ account, name }, i) => ({
  contact: account,
  name,
  chat: chats[i + 1]?.chat ?? directId,
}));
