/** What the app knows and does outside of drawing: mirrors the client's view models and runs actions. */
import type {
  AccountView,
  ChatView,
  ClientApi,
  ClientEvent,
  ConnectionView,
  ContactView,
  MessageView,
  PreferencesView,
} from "@rempart/client";
import { ConversationModel } from "./conversation-model.ts";
import { codeOf, stopsEverything } from "./failures.ts";
import { Refresher } from "./refresher.ts";
import { rememberAccount, rememberPreferences } from "./remembered.ts";
import { home, Router } from "./route.ts";
import { Store } from "./store.ts";
import { Toasts } from "./toasts.ts";

export type EngineState =
  | { readonly phase: "starting" }
  | { readonly phase: "ready" }
  | { readonly phase: "failed"; readonly code: string };

export interface AppState {
  readonly engine: EngineState;
  /** `undefined` until the engine has told. */
  readonly account: AccountView | null | undefined;
  readonly connection: ConnectionView;
  readonly chats: readonly ChatView[] | undefined;
  readonly contacts: readonly ContactView[];
  readonly preferences: PreferencesView;
  /** A link that was opened or pasted and waits to be acted upon. Never stored. */
  readonly link: string | undefined;
  /** What the live region reads out. */
  readonly announcement: string;
}

export interface AppModelOptions {
  readonly client: ClientApi;
  readonly preferences: PreferencesView;
  readonly link: string | undefined;
  /** Starts the engine again after a failure. */
  restart(): void;
}

/** Conversations kept in memory, so that going back to one is instant. */
const conversationsMax = 12;

export class AppModel {
  readonly client: ClientApi;
  readonly state: Store<AppState>;
  readonly router = new Router();
  readonly toasts = new Toasts();
  readonly restart: () => void;
  readonly #conversations = new Map<string, ConversationModel>();
  readonly #chats: Refresher;
  readonly #contacts: Refresher;

  constructor(options: AppModelOptions) {
    this.client = options.client;
    this.restart = options.restart;
    this.state = new Store<AppState>({
      engine: { phase: "starting" },
      account: undefined,
      connection: { state: "connecting" },
      chats: undefined,
      contacts: [],
      preferences: options.preferences,
      link: options.link,
      announcement: "",
    });
    this.#chats = new Refresher(async () => this.state.patch({ chats: await this.client.chats() }));
    this.#contacts = new Refresher(async () => this.state.patch({ contacts: await this.client.contacts() }));
    this.client.subscribe((event) => this.#hear(event));
  }

  /** Asks for everything that is shown: at start, and when another engine has taken over. */
  async refresh(): Promise<void> {
    const [account, connection, preferences] = await Promise.all([
      this.client.account(),
      this.client.connection(),
      this.client.preferences(),
    ]);
    rememberPreferences(preferences);
    this.state.patch({ account, connection, preferences });
    if (account !== null) {
      rememberAccount();
      await Promise.all([this.#chats.run(), this.#contacts.run()]);
    }
    for (const conversation of this.#conversations.values()) conversation.refresh();
  }

  conversation(chat: string): ConversationModel {
    const known = this.#conversations.get(chat);
    if (known !== undefined) return known;
    if (this.#conversations.size >= conversationsMax) this.#dropOldestConversation(chat);
    const unread = this.state.value.chats?.find((each) => each.chat === chat)?.unread ?? 0;
    const made = new ConversationModel({
      client: this.client,
      chat,
      unread,
      report: (error) => this.report(error),
      moved: (to) => this.#moveChat(chat, to),
    });
    this.#conversations.set(chat, made);
    return made;
  }

  /** Shows what went wrong, where no screen does so itself. */
  report(error: unknown): void {
    const code = codeOf(error);
    if (!this.#stopIfBroken(code)) this.toasts.add({ kind: "error", code });
  }

  #stopIfBroken(code: string): boolean {
    if (!stopsEverything(code)) return false;
    this.state.patch({ engine: { phase: "failed", code } });
    return true;
  }

  /** Runs an action of the person; a failure is shown and answered with `undefined`. */
  async attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }

  async setPreferences(change: Partial<PreferencesView>): Promise<void> {
    const before = this.state.value.preferences;
    const preferences = { ...before, ...change };
    this.state.patch({ preferences });
    rememberPreferences(preferences);
    try {
      await this.client.setPreferences(change);
    } catch (error) {
      this.state.patch({ preferences: before });
      rememberPreferences(before);
      this.report(error);
    }
  }

  announce(announcement: string): void {
    this.state.patch({ announcement });
  }

  takeLink(link: string | undefined): void {
    this.state.patch({ link });
  }

  leaveChat(chat: string): void {
    this.#conversations.delete(chat);
    const route = this.router.route.value;
    if ("chat" in route && route.chat === chat) this.router.replace(home);
  }

  #moveChat(from: string, to: string): void {
    this.#conversations.delete(from);
    const route = this.router.route.value;
    if ("chat" in route && route.chat === from) this.router.replace({ ...route, chat: to });
  }

  #dropOldestConversation(except: string): void {
    for (const chat of this.#conversations.keys()) {
      const route = this.router.route.value;
      if (chat === except || ("chat" in route && route.chat === chat)) continue;
      this.#conversations.delete(chat);
      return;
    }
  }

  #hear(event: ClientEvent): void {
    switch (event.event) {
      case "connection":
        this.state.patch({ connection: event.connection });
        this.#stopIfBroken(event.connection.error ?? "");
        break;
      case "account":
      case "preferences":
        void this.attempt(() => this.refresh());
        break;
      case "chats":
        this.#chats.soon((error) => this.report(error));
        break;
      case "contacts":
        this.#contacts.soon((error) => this.report(error));
        break;
      case "chat":
        this.#conversations.get(event.chat)?.refreshDetailSoon();
        break;
      case "message":
        this.#hearMessage(event.message, event.isNew);
        break;
    }
  }

  #hearMessage(message: MessageView, isNew: boolean): void {
    this.#conversations.get(message.chat)?.hear(message, isNew);
    const route = this.router.route.value;
    const isShown = route.name === "chat" && route.chat === message.chat;
    if (isNew && isShown && !message.isOwn && message.text !== "") this.announce(`${message.name}: ${message.text}`);
  }
}
