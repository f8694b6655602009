/**
 * What a Rempart client can be asked, and what it shows: the view models that the web app and the
 * terminal share. Everything here is plain data (ids in lower-case hexadecimal, times in milliseconds
 * since the Unix epoch), so that the client can run in a worker or in another process; `remote/` carries it.
 */

/** `waiting`: the server's gate is there, and has said that this device has to wait in line. */
export type ConnectionState = "offline" | "connecting" | "waiting" | "online" | "refused";

/**
 * `busy`: there are too many others. `working`: the gate wants a proof that costs something, and this device is at it.
 * `gone`: nobody from this address gets in for now.
 */
export type WaitReason = "busy" | "working" | "gone";

export interface ConnectionView {
  readonly state: ConnectionState;
  /** When the next attempt is due, while offline. While waiting: no attempt is made before. */
  readonly retryAt?: number;
  /** Code of the last failure, e.g. `ERR_BUSY`. */
  readonly error?: string;
  /** Why it waits; also while it is connecting again after a wait. */
  readonly why?: WaitReason;
  /** How hard pressed the gate was when it last sent this device away; there whenever `why` is. */
  readonly mode?: "normal" | "guarded" | "siege";
  /** While working, once it is known: milliseconds that are left on average. It does not shrink: tries have no memory. */
  readonly estimateMs?: number;
  /** While working: how likely it was to be through by now, 0 to 1. It nears 1 and never gets there. */
  readonly progress?: number;
}

export interface AccountView {
  readonly account: string;
  readonly device: string;
  readonly name: string;
  readonly role: "member" | "admin";
  readonly server: string;
  /** False until the person has shown that the recovery phrase is written down. */
  readonly recoveryConfirmed: boolean;
}

export interface NewAccount {
  readonly account: string;
  readonly name: string;
  /** Twelve words; the only time they leave the client unasked. */
  readonly recovery: string;
}

export interface ContactView {
  readonly contact: string;
  readonly name: string;
  readonly chat?: string;
}

export interface InviteView {
  readonly invite: string;
  readonly id: string;
  readonly uses: number;
  readonly expiresAt: number;
  readonly createdAt: number;
  readonly revoked: boolean;
}

export type MemberRole = "owner" | "admin" | "member";

export interface MemberView {
  readonly account: string;
  readonly name: string;
  readonly role: MemberRole;
  readonly isSelf: boolean;
  readonly devices: number;
}

export interface PermissionsView {
  readonly addMembers: MemberRole;
  readonly removeMembers: MemberRole;
  readonly changeInfo: MemberRole;
  readonly send: MemberRole;
}

export interface ChatView {
  readonly chat: string;
  readonly kind: "direct" | "group";
  readonly title: string;
  readonly unread: number;
  readonly lastMessage?: { readonly name: string; readonly text: string; readonly at: number; readonly isOwn: boolean };
  /** Time of the last message, or of joining: what lists are sorted by. */
  readonly at: number;
  /** False after leaving or being removed: history stays readable, nothing can be sent. */
  readonly isActive: boolean;
  /** Whether every key of the chat is hybrid post-quantum. */
  readonly postQuantum: boolean;
  readonly draft: string;
}

export interface ChatDetailView extends ChatView {
  readonly members: readonly MemberView[];
  readonly permissions: PermissionsView;
  readonly ownRole: MemberRole;
  /** Something the person should know, e.g. the server showed two histories; code and time. */
  readonly warnings: readonly { readonly code: string; readonly at: number }[];
}

/**
 * queued → sent (durable on the server) → delivered (some other account's device has it) → read.
 * `failed`: the server refused it for good; `error` says why, `retry` sends it again.
 */
export type MessageState = "queued" | "sent" | "delivered" | "read" | "failed";

export interface ReactionView {
  readonly emoji: string;
  readonly count: number;
  readonly own: boolean;
  readonly names: readonly string[];
}

export interface FileView {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** Bytes up- or downloaded so far; absent when idle. */
  readonly transferred?: number;
  /** True when its bytes are held on this device. */
  readonly isLocal: boolean;
}

/** What happened to a group, shown between messages. */
export type NoticeView =
  | { readonly kind: "created" | "joined" | "rejoined" }
  | { readonly kind: "added" | "removed" | "left"; readonly names: readonly string[] }
  | { readonly kind: "renamed"; readonly title: string }
  | { readonly kind: "role"; readonly names: readonly string[]; readonly role: MemberRole }
  | { readonly kind: "gap" };

export interface MessageView {
  readonly message: string;
  readonly chat: string;
  /** Position in the log; 0 while queued. */
  readonly seq: number;
  readonly from: string;
  readonly name: string;
  readonly isOwn: boolean;
  /** Empty for a deleted message and for a notice. */
  readonly text: string;
  readonly at: number;
  readonly state: MessageState;
  readonly error?: string;
  readonly editedAt?: number;
  readonly isDeleted: boolean;
  readonly replyTo?: { readonly message: string; readonly name: string; readonly text: string };
  readonly reactions: readonly ReactionView[];
  readonly file?: FileView;
  readonly notice?: NoticeView;
  /** Where this message stands in the chat: a cursor for paging. Ascending; stable once sent. */
  readonly order: number;
}

export interface SentView {
  readonly message: string;
  readonly chat: string;
  readonly seq: number;
}

export interface PreferencesView {
  readonly language: "auto" | "en" | "fr";
  readonly theme: "auto" | "light" | "dark";
  readonly sendReadReceipts: boolean;
}

/** What changed; listeners ask for what they show. `message` carries the view because most show it. */
export type ClientEvent =
  | { readonly event: "connection"; readonly connection: ConnectionView }
  | { readonly event: "account" }
  | { readonly event: "chats" }
  | { readonly event: "contacts" }
  | { readonly event: "chat"; readonly chat: string }
  /** A message is new or has changed (state, text, reactions). `isNew` when it was not there before. */
  | { readonly event: "message"; readonly message: MessageView; readonly isNew: boolean }
  | { readonly event: "preferences" };

export interface MessageQuery {
  readonly chat: string;
  /** Only messages whose `order` is below this. */
  readonly before?: number;
  /** Only messages whose `order` is above this. */
  readonly after?: number;
  /** At most this many, the newest of those that match (the oldest with `after`); 1 to 500. */
  readonly limit: number;
}

/** Files cross as bytes; the client seals, uploads and stores them in pieces. */
export interface OutgoingFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface SendRequest {
  readonly chat: string;
  readonly text: string;
  readonly replyTo?: string;
  readonly file?: OutgoingFile;
}

/** Every call fails with a `ClientError`: a stable code, and a sentence for a person. */
export interface ClientApi {
  /** The account of this device, or `null` before there is one. */
  account(): Promise<AccountView | null>;
  /** Opens a link of either kind without acting on it, so that a screen can say what it will do. */
  inspectLink(link: string): Promise<LinkView>;
  createAccount(request: { readonly invite: string; readonly name: string }): Promise<NewAccount>;
  recoveryPhrase(): Promise<string>;
  /** `words` are checked at the given positions (from 0). Wrong words: `ERR_PHRASE`. */
  confirmRecovery(words: readonly { readonly position: number; readonly word: string }[]): Promise<void>;
  rename(name: string): Promise<void>;

  createInvite(request: {
    readonly uses: number;
    readonly expiresInMs: number;
    readonly role?: "member" | "admin";
  }): Promise<InviteView>;
  invites(): Promise<readonly InviteView[]>;
  revokeInvite(id: string): Promise<void>;
  contactLink(): Promise<string>;
  /** Adds the owner of a contact link, or of an invitation, and opens a chat with him. */
  addContact(link: string): Promise<{ readonly contact: string; readonly chat: string }>;
  contacts(): Promise<readonly ContactView[]>;

  chats(): Promise<readonly ChatView[]>;
  chat(chat: string): Promise<ChatDetailView>;
  messages(query: MessageQuery): Promise<readonly MessageView[]>;
  createGroup(request: {
    readonly name: string;
    readonly contacts: readonly string[];
  }): Promise<{ readonly chat: string }>;
  addMembers(request: { readonly chat: string; readonly contacts: readonly string[] }): Promise<void>;
  removeMember(request: { readonly chat: string; readonly account: string }): Promise<void>;
  renameGroup(request: { readonly chat: string; readonly name: string }): Promise<void>;
  setRole(request: { readonly chat: string; readonly account: string; readonly role: MemberRole }): Promise<void>;
  setPermissions(request: { readonly chat: string; readonly permissions: PermissionsView }): Promise<void>;
  leaveGroup(chat: string): Promise<void>;
  /** Removes a chat that was left from this device's list. */
  deleteChat(chat: string): Promise<void>;

  /** Queues a message, durably on this device, and returns at once. */
  send(request: SendRequest): Promise<MessageView>;
  edit(request: { readonly message: string; readonly text: string }): Promise<MessageView>;
  /** Deletes for everyone. */
  delete(message: string): Promise<MessageView>;
  /** Sets or takes back one's own reaction with this emoji. */
  react(request: { readonly message: string; readonly emoji: string; readonly remove?: boolean }): Promise<MessageView>;
  retry(message: string): Promise<void>;
  /** Resolves once everything queued for this message is durable on the server. */
  whenSent(message: string): Promise<SentView>;
  markRead(request: { readonly chat: string; readonly upTo: number }): Promise<void>;
  setDraft(request: { readonly chat: string; readonly text: string }): Promise<void>;
  /** The bytes of a message's file, downloaded and checked if need be. */
  file(message: string): Promise<OutgoingFile>;

  connection(): Promise<ConnectionView>;
  /** Tries to connect now. */
  reconnect(): Promise<void>;
  /** Resolves once all that the server holds for this account has been fetched and applied. */
  whenSynced(): Promise<void>;
  preferences(): Promise<PreferencesView>;
  setPreferences(change: Partial<PreferencesView>): Promise<void>;

  /** Calls `listener` for every event until the returned function is called. */
  subscribe(listener: (event: ClientEvent) => void): () => void;
}

export interface LinkView {
  readonly kind: "invite" | "contact";
  readonly server: string;
  /** Account that made it, if it adds a contact. */
  readonly account?: string;
  /** What its maker calls himself. Proves nothing: anybody can write any name into a link. */
  readonly name?: string;
  /** For an invitation: uses left and expiry, when the server could be asked. */
  readonly usesLeft?: number;
  readonly expiresAt?: number;
  /** Set when it can no longer be used. */
  readonly error?: string;
}
