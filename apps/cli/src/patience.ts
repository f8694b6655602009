/** How long a command waits for the server, and what it shows meanwhile. */
import type { ClientApi, ConnectionView } from "@rempart/client";
import type { Context } from "./command.ts";
import { lineText } from "./text/line.ts";

/** For how long a command waits when nobody has said, in milliseconds. */
export const timeoutMsDefault = 30_000;

const tickMs = 1_000;

/**
 * Waits for as long as `--timeout` says. Without it, half a minute in which time spent in line at the gate does not count.
 * While the device stands in line, one line on standard error says so.
 */
export class Patience {
  /** Resolves when the time is up. */
  readonly over: Promise<void>;
  readonly #context: Context;
  readonly #resolve: () => void;
  readonly #unsubscribe: () => void;
  #connection: ConnectionView = { state: "connecting" };
  #shown = "";
  #timer: NodeJS.Timeout;
  #ticker: NodeJS.Timeout | undefined;

  constructor(context: Context, client: ClientApi) {
    this.#context = context;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#resolve = resolve;
    this.#unsubscribe = client.subscribe((event) => {
      if (event.event === "connection") this.#look(event.connection);
    });
    this.#timer = this.#begin();
    // What cannot be had now is told by the next event, or by whoever waits.
    client.connection().then(
      (connection) => this.#look(connection),
      () => undefined,
    );
  }

  /** How long it waits where nothing keeps it longer, in milliseconds. */
  get timeoutMs(): number {
    return this.#context.args.duration("timeout", timeoutMsDefault);
  }

  /** The connection as it was last heard of. */
  get connection(): ConnectionView {
    return this.#connection;
  }

  /** Takes the line away. */
  end(): void {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    if (this.#shown !== "") this.#context.output.progress("");
  }

  #begin(): NodeJS.Timeout {
    return setTimeout(() => {
      const isMovingUp = this.#connection.why === "busy" || this.#connection.why === "working";
      if (isMovingUp && this.#context.args.text("timeout") === undefined) this.#timer = this.#begin();
      else this.#resolve();
    }, this.timeoutMs);
  }

  #look(connection: ConnectionView): void {
    const isOther = connection.state === "waiting" && connection.why !== this.#connection.why;
    this.#connection = connection;
    const text = this.#draw();
    // Where a line cannot be written over, one is enough.
    if (isOther && text !== undefined) this.#context.output.remarkWithoutProgress(text);
    if (text === undefined) {
      clearInterval(this.#ticker);
      this.#ticker = undefined;
    } else this.#ticker ??= setInterval(() => this.#draw(), tickMs);
  }

  #draw(): string | undefined {
    const { output, world } = this.#context;
    const text = lineText(this.#connection, world.now());
    if (this.#shown !== (text ?? "")) output.progress(text ?? "");
    this.#shown = text ?? "";
    return text;
  }
}
