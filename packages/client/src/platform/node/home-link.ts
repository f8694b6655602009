/**
 * How one process reaches the client of a home: by being its leader, which opens the database and serves
 * the others for as long as it lives, or through the leader there is.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ClientApi } from "../../api.ts";
import { ClientError } from "../../errors.ts";
import type { Store } from "../../ports.ts";
import { connectClient } from "../../remote/index.ts";
import { type Agent, type AgentChannel, connectAgent, listenAgent } from "./agent-channel.ts";
import { findAgent, forgetAgent, insidePath, makeOutsidePath, recordAgent } from "./agent-path.ts";
import type { HomeDirectory } from "./home-directory.ts";
import { type LeaderLock, tryLeaderLock } from "./leader-lock.ts";
import { settle } from "./settle.ts";
import { openSqliteStore } from "./sqlite-store.ts";

/** A client that runs in this process. */
export interface LocalClient extends ClientApi {
  close(): Promise<void> | void;
}

export type OpenClient = (store: Store) => Promise<LocalClient>;

export interface HomeLink {
  readonly client: ClientApi;
  readonly isLeader: boolean;
  /** Resolves when the leader has gone; never for the leader itself. */
  readonly whenLost: Promise<void>;
  isLost(): boolean;
  /** Whether, the link being lost, calls without an answer are known not to have been done. */
  isUndone(): boolean;
  close(): Promise<void>;
}

/** Between two attempts, in milliseconds. */
const retryDelayMs = { min: 5, max: 100 } as const;

/** A leader that ends waits this long for the calls that it is answering, in milliseconds. */
const drainMsMax = 5_000;

/** And this long for what the client owes to others, in milliseconds. */
const settleMsMax = 2_000;

/** Finds the leader of `home` or becomes it; gives up with `ERR_BUSY` after `waitMsMax` milliseconds. */
export async function linkHome(home: HomeDirectory, openClient: OpenClient, waitMsMax: number): Promise<HomeLink> {
  const deadline = Date.now() + waitMsMax;
  for (let delayMs: number = retryDelayMs.min; ; delayMs = Math.min(2 * delayMs, retryDelayMs.max)) {
    const path = findAgent(home.path);
    const channel = path === undefined ? undefined : await connectAgent(path);
    if (channel !== undefined) return follow(channel);
    const lock = tryLeaderLock(home.lock);
    if (lock !== undefined) return lead(home, openClient, lock);
    if (Date.now() > deadline) {
      throw new ClientError("ERR_BUSY", "another process holds this home and does not answer: end it and try again");
    }
    // Jittered, so that several that wait for one leader do not come back together.
    await sleep(delayMs * (0.5 + Math.random()));
  }
}

function follow(channel: AgentChannel): HomeLink {
  const client = connectClient(channel);
  return {
    client,
    isLeader: false,
    whenLost: channel.whenClosed,
    isLost: () => channel.isClosed(),
    isUndone: () => channel.saidGoodbye(),
    close: async () => client.close(),
  };
}

async function lead(home: HomeDirectory, openClient: OpenClient, lock: LeaderLock): Promise<HomeLink> {
  // What was begun is undone in reverse, whether opening fails half-way or the link is closed.
  const undo = new AsyncDisposableStack();
  undo.defer(() => lock.release());
  try {
    const store = openSqliteStore(home.database);
    undo.defer(() => store.close());
    const client = await openClient(store);
    undo.defer(() => client.close());
    undo.defer(() => settle(client, store, settleMsMax));
    const { agent, path } = await openAgent(home.path, client);
    undo.defer(() => agent.close(drainMsMax));
    undo.defer(() => forgetAgent(home.path, path));
    recordAgent(home.path, path);
    return {
      client,
      isLeader: true,
      whenLost: new Promise(() => undefined),
      isLost: () => false,
      isUndone: () => false,
      close: () => undo.disposeAsync(),
    };
  } catch (error) {
    await undo.disposeAsync();
    throw error;
  }
}

async function openAgent(home: string, client: ClientApi): Promise<{ readonly agent: Agent; readonly path: string }> {
  const inside = insidePath(home);
  // Some file systems have no sockets: the other place is tried before giving up.
  const agent = inside === undefined ? undefined : await listenAgent(inside, client).catch(() => undefined);
  if (inside !== undefined && agent !== undefined) return { agent, path: inside };
  const path = makeOutsidePath(home);
  return { agent: await listenAgent(path, client), path };
}
