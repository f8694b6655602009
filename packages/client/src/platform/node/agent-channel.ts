/**
 * Channels between the leader and the other processes on its home. A leader that ends on purpose finishes
 * the calls it has begun, begins no others, and says `goodbye`: whatever is unanswered after that was not
 * done, and may be asked of the next leader.
 */
import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { ClientApi } from "../../api.ts";
import { type Channel, jsonChannel, serveClient, type TextPort } from "../../remote/index.ts";

/** First on every channel: from then on the leader keeps its promises about what it was asked. */
const welcome = { type: "welcome" } as const;
const goodbye = { type: "goodbye" } as const;

/** Most that may wait to be read by a process that has stopped reading, in bytes: more than the largest file. */
const bufferedBytesMax = 256 * 1_048_576;

function textPort(socket: Socket): TextPort {
  socket.setEncoding("utf8");
  // `close` follows every error and says all there is to know.
  socket.on("error", () => undefined);
  return {
    write(text) {
      if (socket.writableLength > bufferedBytesMax) socket.destroy();
      else socket.write(text);
    },
    onText: (listener) => void socket.on("data", (text) => listener(String(text))),
    onClose: (listener) => void socket.on("close", listener),
    close: () => void socket.end(() => socket.destroy()),
  };
}

export interface AgentChannel extends Channel {
  /** Whether the leader said that it did nothing beyond what it answered. */
  saidGoodbye(): boolean;
  isClosed(): boolean;
  /** Resolves when the channel has closed. */
  readonly whenClosed: Promise<void>;
}

/** Connects to a leader; `undefined` when none answers at `path`. */
export function connectAgent(path: string): Promise<AgentChannel | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const channel = new FollowerChannel(jsonChannel(textPort(socket)));
    void channel.whenWelcome.then(() => resolve(channel));
    void channel.whenClosed.then(() => resolve(undefined));
  });
}

class FollowerChannel implements AgentChannel {
  readonly #channel: Channel;
  readonly #welcomed = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #listener: ((message: unknown) => void) | undefined;
  #onClosed: (() => void) | undefined;
  #isOver = false;
  #isClosed = false;

  readonly whenWelcome = this.#welcomed.promise;
  readonly whenClosed = this.#closed.promise;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.onMessage((message) => {
      const type = typeOf(message);
      if (type === welcome.type) this.#welcomed.resolve();
      else if (type === goodbye.type) this.#isOver = true;
      else this.#listener?.(message);
    });
    channel.onClose(() => {
      this.#isClosed = true;
      this.#closed.resolve();
      this.#onClosed?.();
    });
  }

  send(message: unknown): void {
    this.#channel.send(message);
  }

  /** A leader sends nothing but its welcome before it is asked, so nothing can come before this is set. */
  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }

  onClose(listener: () => void): void {
    this.#onClosed = listener;
    if (this.#isClosed) listener();
  }

  close(): void {
    this.#channel.close();
  }

  isClosed(): boolean {
    return this.#isClosed;
  }

  saidGoodbye(): boolean {
    return this.#isOver;
  }
}

export interface Agent {
  /** Stops taking calls, waits for those begun, and closes every channel. At most `waitMsMax` milliseconds. */
  close(waitMsMax: number): Promise<void>;
}

/** Serves `client` to other processes at the socket `path`. */
export async function listenAgent(path: string, client: ClientApi): Promise<Agent> {
  const served = new Set<ServedChannel>();
  const server = createServer((socket) => {
    const channel = new ServedChannel(jsonChannel(textPort(socket)), () => served.delete(channel));
    served.add(channel);
    channel.send(welcome);
    serveClient(client, channel);
  });
  await listen(server, path);
  return {
    async close(waitMsMax) {
      server.close();
      await Promise.all([...served].map((channel) => channel.finish(waitMsMax)));
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      // A connection that could not be accepted is that process's loss: it tries again.
      server.on("error", () => undefined);
      resolve();
    });
  });
}

/** One channel of the leader. It counts the calls that are being answered, to know when it may close. */
class ServedChannel implements Channel {
  readonly #channel: Channel;
  readonly #gone: () => void;
  #inFlight = 0;
  #isEnding = false;
  #finished: (() => void) | undefined;

  constructor(channel: Channel, gone: () => void) {
    this.#channel = channel;
    this.#gone = gone;
  }

  send(message: unknown): void {
    this.#channel.send(message);
    const type = typeOf(message);
    if (type !== "result" && type !== "failure") return;
    this.#inFlight--;
    if (this.#isEnding && this.#inFlight === 0) this.close();
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#channel.onMessage((message) => {
      const isCall = typeOf(message) === "call";
      if (isCall && this.#isEnding) return;
      if (isCall) this.#inFlight++;
      listener(message);
    });
  }

  onClose(listener: () => void): void {
    this.#channel.onClose(() => {
      this.#gone();
      this.#finished?.();
      listener();
    });
  }

  close(): void {
    if (this.#isEnding && this.#inFlight === 0) this.#channel.send(goodbye);
    this.#channel.close();
  }

  finish(waitMsMax: number): Promise<void> {
    this.#isEnding = true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.close(), waitMsMax);
      this.#finished = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#inFlight === 0) this.close();
    });
  }
}

function typeOf(message: unknown): unknown {
  return typeof message === "object" && message !== null && "type" in message ? message.type : undefined;
}
