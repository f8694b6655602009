/** The side of a channel that uses a client which lives elsewhere. */
import type { ClientApi, ClientEvent } from "../api.ts";
import { ClientError, isCode } from "../errors.ts";
import { asRemoteMessage, type Channel } from "./channel.ts";
import { methodNames } from "./methods.ts";

export interface RemoteClient extends ClientApi {
  /** Closes the channel; calls in flight fail with `ERR_CLOSED`. The client at the other end goes on. */
  close(): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: ClientError): void;
}

/** The client at the other end of `channel`. When the channel closes, every call fails with `ERR_CLOSED`. */
export function connectClient(channel: Channel): RemoteClient {
  const waiting = new Map<number, Waiting>();
  const listeners = new Set<(event: ClientEvent) => void>();
  let isOpen = true;
  let lastId = 0;

  function call(method: string, arg: unknown): Promise<unknown> {
    if (!isOpen) return Promise.reject(closed());
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      channel.send(arg === undefined ? { type: "call", id, method } : { type: "call", id, method, arg });
    });
  }

  function settle(id: number, finish: (entry: Waiting) => void): void {
    const entry = waiting.get(id);
    waiting.delete(id);
    if (entry !== undefined) finish(entry);
  }

  function stop(): void {
    if (!isOpen) return;
    isOpen = false;
    const abandoned = [...waiting.values()];
    waiting.clear();
    listeners.clear();
    for (const entry of abandoned) entry.reject(closed());
  }

  function subscribe(listener: (event: ClientEvent) => void): () => void {
    if (isOpen && listeners.size === 0) channel.send({ type: "subscribe" });
    // A wrapper of its own per subscription: the same function may subscribe twice.
    const own = (event: ClientEvent) => listener(event);
    listeners.add(own);
    return () => {
      if (listeners.delete(own) && listeners.size === 0 && isOpen) channel.send({ type: "unsubscribe" });
    };
  }

  channel.onClose(stop);
  channel.onMessage((raw) => {
    const message = asRemoteMessage(raw);
    if (message === undefined) return;
    if (message.type === "result") settle(message.id, (entry) => entry.resolve(message.value));
    else if (message.type === "failure") {
      settle(message.id, (entry) => entry.reject(asError(message.code, message.message)));
    } else if (message.type === "event") {
      for (const listener of [...listeners]) listener(message.event as ClientEvent);
    }
  });

  const calls = Object.fromEntries(methodNames.map((name) => [name, (arg?: unknown) => call(name, arg)]));
  return {
    ...(calls as unknown as Omit<ClientApi, "subscribe">),
    subscribe,
    close() {
      stop();
      channel.close();
    },
  };
}

function asError(code: string, message: string): ClientError {
  return new ClientError(isCode(code) ? code : "ERR_INTERNAL", message);
}

function closed(): ClientError {
  return new ClientError("ERR_CLOSED", "the connection to the client was closed");
}
