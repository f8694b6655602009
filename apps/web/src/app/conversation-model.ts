/** One open conversation: a window onto its messages that grows upwards, and what is being written. */
import type { ChatDetailView, ClientApi, MessageView } from "@rempart/client";
import { DelayedDeletes } from "./delayed-deletes.ts";
import { insertMessage, mergePages } from "./message-window.ts";
import { Refresher } from "./refresher.ts";
import { Store } from "./store.ts";

export type ComposerMode =
  | { readonly kind: "new" }
  | { readonly kind: "reply"; readonly message: MessageView }
  | { readonly kind: "edit"; readonly message: MessageView };

export interface ConversationState {
  readonly detail: ChatDetailView | undefined;
  /** Ascending by `order`. */
  readonly messages: readonly MessageView[];
  readonly hasOlder: boolean;
  readonly isLoaded: boolean;
  /** Messages whose deletion has not been sent yet, because it can still be undone. */
  readonly deleting: ReadonlySet<string>;
  /** The first message that was unread when the conversation was opened. */
  readonly unreadFrom: string | undefined;
  readonly mode: ComposerMode;
  /** A message that the list should bring into view; a new object for every request. */
  readonly shown: { readonly message: string } | undefined;
}

export interface ConversationOptions {
  readonly client: ClientApi;
  readonly chat: string;
  /** Unread messages when it is opened. */
  readonly unread: number;
  report(error: unknown): void;
  /** The chat goes on under this id: two had been made, or it was founded anew. */
  moved(chat: string): void;
}

const pageSize = 60;

export class ConversationModel {
  readonly chat: string;
  readonly state: Store<ConversationState>;
  readonly deletes: DelayedDeletes;
  readonly #client: ClientApi;
  readonly #report: (error: unknown) => void;
  readonly #detail: Refresher;
  #unread: number;
  #isLoadingOlder = false;
  #readUpTo = 0;

  constructor({ client, chat, unread, report, moved }: ConversationOptions) {
    this.chat = chat;
    this.#client = client;
    this.#report = report;
    this.#unread = unread;
    this.state = new Store<ConversationState>({
      detail: undefined,
      messages: [],
      hasOlder: false,
      isLoaded: false,
      deleting: new Set(),
      unreadFrom: undefined,
      mode: { kind: "new" },
      shown: undefined,
    });
    this.deletes = new DelayedDeletes({
      send: (message) => void this.#attempt(() => client.delete(message)),
      changed: (deleting) => this.state.patch({ deleting }),
    });
    this.#detail = new Refresher(async () => {
      const detail = await client.chat(chat);
      this.state.patch({ detail });
      if (detail.chat !== chat) moved(detail.chat);
    });
    this.refresh();
  }

  /** Asks again for the newest messages and the group's state. */
  refresh(): void {
    void this.#attempt(() => this.#detail.run());
    void this.#attempt(async () => {
      const page = await this.#client.messages({ chat: this.chat, limit: pageSize });
      const messages = mergePages(this.state.value.messages, page);
      const isFirst = !this.state.value.isLoaded;
      this.state.patch({
        messages,
        isLoaded: true,
        hasOlder: isFirst ? page.length === pageSize : this.state.value.hasOlder,
        ...(isFirst ? { unreadFrom: this.#firstUnread(messages) } : {}),
      });
    });
  }

  refreshDetailSoon(): void {
    this.#detail.soon(this.#report);
  }

  async loadOlder(): Promise<void> {
    const [first] = this.state.value.messages;
    if (this.#isLoadingOlder || first === undefined || !this.state.value.hasOlder) return;
    this.#isLoadingOlder = true;
    await this.#attempt(async () => {
      const page = await this.#client.messages({ chat: this.chat, before: first.order, limit: pageSize });
      this.state.patch({
        messages: mergePages(page, this.state.value.messages),
        hasOlder: page.length === pageSize,
      });
    });
    this.#isLoadingOlder = false;
  }

  /** Loads towards the past until `message` is in the window; false when it is not there. */
  async reach(message: string): Promise<boolean> {
    const isThere = () => this.state.value.messages.some((each) => each.message === message);
    while (!isThere() && this.state.value.hasOlder && !this.#isLoadingOlder) await this.loadOlder();
    return isThere();
  }

  hear(message: MessageView, isNew: boolean): void {
    if (!this.state.value.isLoaded) return;
    const before = this.state.value.messages;
    const messages = insertMessage(before, message, isNew || !this.state.value.hasOlder);
    if (messages !== before) this.state.patch({ messages });
  }

  /** The person has seen everything up to this message. */
  markRead(upTo: MessageView): void {
    if (upTo.order <= this.#readUpTo) return;
    this.#readUpTo = upTo.order;
    void this.#attempt(() => this.#client.markRead({ chat: this.chat, upTo: upTo.order }));
  }

  setMode(mode: ComposerMode): void {
    this.state.patch({ mode });
  }

  /** Starts editing the last message of one's own, if there is one that can be edited. */
  editLastOwn(): boolean {
    const message = this.state.value.messages.findLast(
      (each) => each.isOwn && !each.isDeleted && each.notice === undefined && each.file === undefined,
    );
    if (message !== undefined) this.setMode({ kind: "edit", message });
    return message !== undefined;
  }

  /** Asks the list to bring a message of the window into view. */
  show(message: string): void {
    this.state.patch({ shown: { message } });
  }

  /** The conversation is no longer looked at: the separator has done its work. */
  closed(): void {
    this.#unread = 0;
    this.state.patch({ unreadFrom: undefined, mode: { kind: "new" }, shown: undefined });
  }

  /** The conversation is looked at again, with this many messages unread. */
  opened(unread: number): void {
    this.#unread = unread;
    if (this.state.value.isLoaded) this.state.patch({ unreadFrom: this.#firstUnread(this.state.value.messages) });
  }

  #firstUnread(messages: readonly MessageView[]): string | undefined {
    if (this.#unread === 0) return undefined;
    return messages.filter((message) => !message.isOwn && message.notice === undefined).at(-this.#unread)?.message;
  }

  async #attempt(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#report(error);
    }
  }
}
