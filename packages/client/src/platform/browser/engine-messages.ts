/** What pages and workers of one origin say to each other about who runs the engine. */

/** From a page to its own worker. */
export type PageMessage =
  | { readonly kind: "start"; readonly name: string; readonly worker: string }
  | { readonly kind: "ping" }
  /** A direct way to the engine, used once this worker leads. */
  | { readonly kind: "connect"; readonly port: MessagePort };

/** From a worker to its own page. */
export type WorkerMessage =
  | { readonly kind: "pong" }
  | { readonly kind: "leading" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

/** Between all tabs, over one broadcast channel. `leader` and `tab` are random names made at start. */
export type LobbyMessage =
  | { readonly kind: "who" }
  | { readonly kind: "leading"; readonly leader: string }
  | { readonly kind: "failed"; readonly leader: string; readonly code: string; readonly message: string }
  | { readonly kind: "join"; readonly leader: string; readonly tab: string }
  | { readonly kind: "joined"; readonly tab: string }
  | { readonly kind: "ping"; readonly leader: string }
  | { readonly kind: "pong"; readonly leader: string }
  /** The leader does not answer, or cannot go on: its page should end it and start another. */
  | { readonly kind: "replace"; readonly leader: string };

/** Names of locks and channels; `name` is the engine's, shared by all tabs. */
export const engineNames = {
  lobby: (name: string) => `${name}.lobby`,
  leaderLock: (name: string) => `${name}.leader`,
  /** Held by a page as long as it lives, so that the leader learns when it is gone. */
  tabLock: (name: string, tab: string) => `${name}.tab.${tab}`,
  tabChannel: (name: string, tab: string) => `${name}.tab.${tab}`,
} as const;
