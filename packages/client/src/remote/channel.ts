/**
 * A way to carry messages between a client and somebody who uses it from elsewhere: a tab and a worker, two
 * tabs, two processes. Promises: messages arrive whole, in order and once, until the channel closes.
 */
export interface Channel {
  /** Takes plain data and `Uint8Array`s (whatever structured cloning takes). After closing it does nothing. */
  send(message: unknown): void;
  /** Sets the one listener for messages. Messages that came before it was set are not lost. */
  onMessage(listener: (message: unknown) => void): void;
  /** Sets the one listener that hears, once, that the other side has gone or that `close` was called. */
  onClose(listener: () => void): void;
  close(): void;
}

/** What crosses a channel. `arg` is absent for methods that take nothing. */
export type RemoteMessage =
  | { readonly type: "call"; readonly id: number; readonly method: string; readonly arg?: unknown }
  | { readonly type: "result"; readonly id: number; readonly value?: unknown }
  | { readonly type: "failure"; readonly id: number; readonly code: string; readonly message: string }
  | { readonly type: "subscribe" | "unsubscribe" }
  | { readonly type: "event"; readonly event: unknown };

/** Reads a message of the other side, or `undefined` when it is none that this version knows. */
export function asRemoteMessage(message: unknown): RemoteMessage | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  const { type, id, method, code, message: text } = message as Record<string, unknown>;
  switch (type) {
    case "call":
      return typeof id === "number" && typeof method === "string" ? (message as RemoteMessage) : undefined;
    case "result":
      return typeof id === "number" ? (message as RemoteMessage) : undefined;
    case "failure":
      return typeof id === "number" && typeof code === "string" && typeof text === "string"
        ? (message as RemoteMessage)
        : undefined;
    case "subscribe":
    case "unsubscribe":
    case "event":
      return message as RemoteMessage;
    default:
      return undefined;
  }
}
