import type { ClientApi, ClientEvent, ConnectionView } from "@rempart/client";
import type { Command, Context } from "../command.ts";
import { asFailure } from "../failure.ts";
import { findChat } from "../lookup.ts";
import { textOf } from "../screen/editor.ts";
import { reduce } from "../screen/reduce.ts";
import { render } from "../screen/render.ts";
import { type ChatScreen, type Effect, openScreen, type ScreenEvent } from "../screen/state.ts";
import { openTerminal, type Terminal } from "../screen/terminal.ts";

/** Messages fetched at the start and with every scroll beyond the oldest. */
const pageMessages = 200;
const tickMs = 1_000;

export const chatOpenCommand: Command = {
  name: "chat open",
  usage: "CHAT",
  summary: "Chat in full screen.",
  details: [
    "Enter sends, Alt-Enter begins a new line, the up and down keys bring back what you sent, PgUp and PgDn scroll. Ctrl-R chooses a message: then Enter replies to it, e changes it, d deletes it for everyone. Ctrl-C leaves.",
    "… is queued, ✓ is on the server, ✓✓ is delivered.",
  ],
  positionals: { min: 1, max: 1 },
  handlesStop: true,
  async run(context) {
    const client = await context.client();
    const { chat } = await findChat(client, context.args.at(0));
    await new ChatWindow(context, client, chat).run();
  },
};

/** The shell around the screen: feeds it events, and does what it asks for. */
class ChatWindow {
  readonly #context: Context;
  readonly #client: ClientApi;
  readonly #chat: string;
  readonly #over = Promise.withResolvers<void>();
  #screen: ChatScreen | undefined;
  #terminal: Terminal | undefined;
  #isFetchingOlder = false;
  #ticker: NodeJS.Timeout | undefined;
  /** The unsent text that the client keeps. */
  #draft = "";
  /** What was last marked as read. */
  #readUpTo = 0;

  constructor(context: Context, client: ClientApi, chat: string) {
    this.#context = context;
    this.#client = client;
    this.#chat = chat;
  }

  async run(): Promise<void> {
    const { stop, world } = this.#context;
    const home = await this.#context.home();
    const terminal = openTerminal(world, {
      key: (key) => this.#happen({ kind: "key", key }),
      resize: (size) => this.#happen({ kind: "resize", size }),
    });
    this.#terminal = terminal;
    const unsubscribe = this.#client.subscribe((event) => this.#hear(event));
    home.watch({ relinked: () => this.#try(this.#refresh()), failed: this.#over.reject });
    stop.addEventListener("abort", () => this.#over.resolve(), { once: true });
    try {
      await this.#load(terminal);
      if (!stop.aborted) await this.#over.promise;
      await this.#keepDraft();
    } finally {
      unsubscribe();
      clearInterval(this.#ticker);
      terminal.close();
    }
  }

  async #load(terminal: Terminal): Promise<void> {
    const [chat, connection, messages] = await Promise.all([
      this.#client.chat(this.#chat),
      this.#client.connection(),
      this.#client.messages({ chat: this.#chat, limit: pageMessages }),
    ]);
    const isComplete = messages.length < pageMessages;
    const { draft } = chat;
    this.#draft = draft;
    const now = this.#context.world.now();
    this.#screen = openScreen({ chat, connection, messages, isComplete, size: terminal.size(), draft, now });
    this.#draw();
    this.#tickWhileWaiting();
  }

  /** What was written and not sent is there the next time. */
  async #keepDraft(): Promise<void> {
    if (this.#screen === undefined || this.#screen.purpose.kind !== "send") return;
    const text = textOf(this.#screen.editor);
    if (text !== this.#draft) await this.#client.setDraft({ chat: this.#chat, text });
  }

  /** Another process has taken over the home: what happened in between is asked for. */
  async #refresh(): Promise<void> {
    const messages = await this.#client.messages({ chat: this.#chat, limit: pageMessages });
    for (const message of messages) this.#happen({ kind: "message", message });
    this.#connected(await this.#client.connection());
  }

  #connected(connection: ConnectionView): void {
    this.#happen({ kind: "tick", now: this.#context.world.now() });
    this.#happen({ kind: "connection", connection });
    this.#tickWhileWaiting();
  }

  /** The line about the gate counts down. */
  #tickWhileWaiting(): void {
    clearInterval(this.#ticker);
    if (this.#screen?.connection.state !== "waiting") return;
    this.#ticker = setInterval(() => this.#happen({ kind: "tick", now: this.#context.world.now() }), tickMs);
  }

  #hear(event: ClientEvent): void {
    if (event.event === "message" && event.message.chat === this.#chat) {
      this.#happen({ kind: "message", message: event.message });
    } else if (event.event === "connection") {
      this.#connected(event.connection);
    } else if (event.event === "chat" && event.chat === this.#chat) {
      this.#try(this.#client.chat(this.#chat).then((chat) => this.#happen({ kind: "chat", chat })));
    }
  }

  #happen(event: ScreenEvent): void {
    if (this.#screen === undefined) return;
    const { screen, effects } = reduce(this.#screen, event);
    this.#screen = screen;
    for (const effect of effects) this.#do(effect);
    this.#draw();
  }

  #do(effect: Effect): void {
    const chat = this.#chat;
    switch (effect.kind) {
      case "send": {
        const { text, replyTo } = effect;
        this.#try(this.#client.send({ chat, text, ...(replyTo === undefined ? {} : { replyTo }) }));
        break;
      }
      case "edit":
        this.#try(this.#client.edit({ message: effect.message, text: effect.text }));
        break;
      case "delete":
        this.#try(this.#client.delete(effect.message));
        break;
      case "older":
        this.#try(this.#fetchOlder());
        break;
      case "redraw":
        this.#terminal?.forget();
        break;
      case "quit":
        this.#over.resolve();
    }
  }

  #try(work: Promise<unknown>): void {
    work.catch((error) => {
      const { code, message } = asFailure(error);
      this.#happen({ kind: "alert", text: `${message} (${code})` });
    });
  }

  async #fetchOlder(): Promise<void> {
    const before = this.#screen?.messages[0]?.order;
    if (before === undefined || this.#isFetchingOlder) return;
    this.#isFetchingOlder = true;
    try {
      const messages = await this.#client.messages({ chat: this.#chat, before, limit: pageMessages });
      this.#happen({ kind: "older", messages });
    } finally {
      this.#isFetchingOlder = false;
    }
  }

  #draw(): void {
    if (this.#screen === undefined) return;
    this.#terminal?.draw(render(this.#screen));
    this.#markRead(this.#screen);
  }

  /** What can be seen at the bottom of the chat has been read. */
  #markRead({ messages, scroll }: ChatScreen): void {
    const last = messages.findLast(({ isOwn, seq }) => !isOwn && seq > 0);
    if (scroll > 0 || last === undefined || last.order <= this.#readUpTo) return;
    this.#readUpTo = last.order;
    this.#try(this.#client.markRead({ chat: this.#chat, upTo: last.order }));
  }
}
