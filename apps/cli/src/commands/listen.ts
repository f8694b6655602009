import type { ClientApi, ClientEvent, ConnectionView, MessageView } from "@rempart/client";
import type { Command, Context } from "../command.ts";
import { refusal } from "../readiness.ts";
import { messageLine } from "../shapes.ts";
import { lineText } from "../text/line.ts";
import { printable } from "../text/width.ts";
import { messageText } from "./history.ts";

/** Messages asked for at once after another process has led: the most that the client gives. */
const pageMessages = 500;

/** Printed messages that are remembered: more than can arrive between two leaders. */
const printedMax = 10_000;

export const listenCommand: Command = {
  name: "listen",
  usage: "",
  summary: "Print what happens, as it happens, until interrupted.",
  details: [
    "With --json every new message is a line, and so is every later change of it (its state, its text, its reactions), told apart by the field new. Lines whose event is connection say how the connection to the server is; while the server has this device wait in line, why, mode and retryAt say more.",
    "While it runs, other commands on the same home go through it.",
  ],
  positionals: { min: 0, max: 0 },
  handlesStop: true,
  async run(context) {
    const home = await context.home();
    const client = await context.client();
    const ended = Promise.withResolvers<void>();
    const listener = new Listener(context, client, ended.reject);
    home.watch({ relinked: () => listener.catchUp().catch(ended.reject), failed: ended.reject });
    if (context.stop.aborted) return;
    context.stop.addEventListener("abort", () => ended.resolve(), { once: true });
    await listener.start();
    await ended.promise;
  },
};

class Listener {
  readonly #context: Context;
  readonly #client: ClientApi;
  readonly #failed: (error: unknown) => void;
  readonly #titles = new Map<string, string>();
  /** How far each chat was seen, so that a change of leader loses nothing. */
  readonly #seenUpTo = new Map<string, number>();
  /** The latest messages that were printed as new. */
  readonly #printed = new Set<string>();
  /** What was last told of the connection. */
  #connection = "";

  constructor(context: Context, client: ClientApi, failed: (error: unknown) => void) {
    this.#context = context;
    this.#client = client;
    this.#failed = failed;
  }

  async start(): Promise<void> {
    this.#client.subscribe((event) => this.#hear(event));
    this.#printConnection(await this.#client.connection());
    for (const { chat } of await this.#noteTitles()) {
      const [last] = await this.#client.messages({ chat, limit: 1 });
      if (last !== undefined) this.#noteSeen(last);
    }
  }

  /** Prints what came in while nobody listened, because the leading process was being replaced. */
  async catchUp(): Promise<void> {
    const seenUpTo = new Map(this.#seenUpTo);
    for (const { chat } of await this.#noteTitles()) {
      for (let after = seenUpTo.get(chat) ?? 0; ; ) {
        const page = await this.#client.messages({ chat, after, limit: pageMessages });
        for (const message of page) if (message.seq > 0) this.#print(message, true);
        const last = page.at(-1);
        if (last === undefined || page.length < pageMessages) break;
        after = last.order;
      }
    }
    this.#printConnection(await this.#client.connection());
  }

  #hear(event: ClientEvent): void {
    if (event.event === "message") this.#print(event.message, event.isNew);
    else if (event.event === "connection") this.#printConnection(event.connection);
    else if (event.event === "chats") this.#noteTitles().catch(this.#failed);
  }

  #print(message: MessageView, isNew: boolean): void {
    const { output } = this.#context;
    const isFirst = isNew && !this.#printed.has(message.message);
    this.#noteSeen(message);
    if (isFirst) this.#notePrinted(message);
    if (output.isJson) output.print({ ...messageLine(message), new: isFirst }, "");
    else if (isFirst) {
      const title = printable(this.#titles.get(message.chat) ?? message.chat.slice(0, 8));
      output.print({}, `${output.style("bold", `[${title}]`)} ${messageText(this.#context, message)}`);
    }
  }

  /** A message that is still queued has no lasting place. */
  #noteSeen({ chat, order, seq }: MessageView): void {
    if (seq > 0) this.#seenUpTo.set(chat, Math.max(this.#seenUpTo.get(chat) ?? 0, order));
  }

  #notePrinted({ message }: MessageView): void {
    this.#printed.add(message);
    if (this.#printed.size <= printedMax) return;
    const oldest = this.#printed.values().next();
    if (oldest.done !== true) this.#printed.delete(oldest.value);
  }

  #printConnection(connection: ConnectionView): void {
    const { state, error, why, mode, retryAt } = connection;
    const { output, world } = this.#context;
    // How far a puzzle has come is no news.
    const line = { event: "connection", state, error, why, mode, ...(state === "waiting" ? { retryAt } : {}) };
    const text = lineText(connection, world.now());
    const news = output.isJson ? JSON.stringify(line) : `${text === undefined ? state : why}`;
    if (news === this.#connection) return;
    this.#connection = news;
    if (output.isJson) output.print(line, "");
    else output.remark(text ?? `(${state})`);
    if (state === "refused") this.#failed(refusal(connection));
  }

  async #noteTitles() {
    const chats = await this.#client.chats();
    for (const { chat, title } of chats) this.#titles.set(chat, title);
    return chats;
  }
}
