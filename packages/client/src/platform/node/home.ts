/** One device's home as a program sees it: a client that is there whoever leads. */
import type { ClientApi, ClientEvent } from "../../api.ts";
import { ClientError } from "../../errors.ts";
import { type Method, methodNames } from "../../remote/methods.ts";
import { prepareHome } from "./home-directory.ts";
import { type HomeLink, linkHome, type OpenClient } from "./home-link.ts";

export interface HomeOptions {
  /** Made when it is not there. */
  readonly dir: string;
  /** Starts the client on the home's database; called in the process that leads. */
  readonly openClient: OpenClient;
  /** How long to wait for a leader that does not answer, in milliseconds; 10 s when absent. */
  readonly waitMsMax?: number;
}

export interface HomeWatcher {
  /** Another leader has taken over: events may have been missed. */
  relinked(): void;
  /** There is no way to a client any more. */
  failed(error: unknown): void;
}

export interface Home {
  /**
   * Calls go to this process's own client or to the leader's. When the leader ends, calls that may be
   * repeated are; one that may not fails with `ERR_CLOSED`, unless the leader said that it was not begun.
   */
  readonly client: ClientApi;
  isLeader(): boolean;
  /** Sets the one watcher of what happens to the link while there are subscriptions. */
  watch(watcher: HomeWatcher): void;
  /** Ends the link; a leader first finishes what others asked of it. */
  close(): Promise<void>;
}

/** Calls that change nothing, or the same thing again when they are repeated. */
const repeatable: ReadonlySet<Method> = new Set<Method>([
  "account",
  "inspectLink",
  "recoveryPhrase",
  "confirmRecovery",
  "rename",
  "invites",
  "revokeInvite",
  "contactLink",
  "contacts",
  "chats",
  "chat",
  "messages",
  "whenSent",
  "markRead",
  "setDraft",
  "file",
  "connection",
  "reconnect",
  "whenSynced",
  "preferences",
  "setPreferences",
]);

const waitMsMaxDefault = 10_000;

/** Opens the home at `dir`. Fails with `ERR_BUSY`, `ERR_LOCAL_…`, or what `openClient` fails with. */
export async function openHome(options: HomeOptions): Promise<Home> {
  const home = new NodeHome(options);
  await home.start();
  return home;
}

class NodeHome implements Home {
  readonly client: ClientApi;
  readonly #connect: () => Promise<HomeLink>;
  readonly #listeners = new Set<(event: ClientEvent) => void>();
  #link: Promise<HomeLink>;
  #isLeader = false;
  #isClosed = false;
  #unsubscribe: (() => void) | undefined;
  #watcher: HomeWatcher | undefined;

  constructor({ dir, openClient, waitMsMax = waitMsMaxDefault }: HomeOptions) {
    const directory = prepareHome(dir);
    this.#connect = () => linkHome(directory, openClient, waitMsMax);
    this.#link = this.#relink();
    const calls = Object.fromEntries(methodNames.map((name) => [name, (arg?: unknown) => this.#call(name, arg)]));
    this.client = {
      ...(calls as unknown as Omit<ClientApi, "subscribe">),
      subscribe: (listener) => this.#subscribe(listener),
    };
  }

  async start(): Promise<void> {
    await this.#link;
  }

  isLeader(): boolean {
    return this.#isLeader;
  }

  watch(watcher: HomeWatcher): void {
    this.#watcher = watcher;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unsubscribe?.();
    const link = await this.#link.catch(() => undefined);
    await link?.close();
  }

  async #call(method: Method, arg: unknown): Promise<unknown> {
    for (;;) {
      if (this.#isClosed) throw new ClientError("ERR_CLOSED", "this home was closed");
      const current = this.#link;
      const link = await current;
      if (link.isLost()) {
        this.#replace(current);
        continue;
      }
      try {
        return await invoke(link.client, method, arg);
      } catch (error) {
        if (link.isLeader || this.#isClosed || !isClosing(error)) throw error;
        if (!repeatable.has(method) && !link.isUndone()) throw unknownOutcome();
        this.#replace(current);
      }
    }
  }

  #subscribe(listener: (event: ClientEvent) => void): () => void {
    // A wrapper of its own per subscription: the same function may subscribe twice.
    const own = (event: ClientEvent) => listener(event);
    this.#listeners.add(own);
    if (this.#listeners.size === 1) {
      // Its failure reaches whoever opened the home, or the next call.
      this.#link.then(
        (link) => this.#attach(link),
        () => undefined,
      );
    }
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#unsubscribe?.();
      this.#unsubscribe = undefined;
    };
  }

  /** Listens to the client behind `link`, if somebody wants to hear it. */
  #attach(link: HomeLink): void {
    if (this.#isClosed || this.#listeners.size === 0 || this.#unsubscribe !== undefined) return;
    this.#unsubscribe = link.client.subscribe((event) => {
      for (const listener of [...this.#listeners]) listener(event);
    });
  }

  /** Looks for the next leader, once for each link that was lost. */
  #replace(lost: Promise<HomeLink>): void {
    if (this.#link !== lost || this.#isClosed) return;
    this.#unsubscribe = undefined;
    this.#link = this.#relink();
    this.#link.then(
      () => this.#watcher?.relinked(),
      (error) => this.#watcher?.failed(error),
    );
  }

  #relink(): Promise<HomeLink> {
    const promise = this.#connect().then((link) => {
      this.#isLeader = link.isLeader;
      this.#attach(link);
      void link.whenLost.then(() => {
        if (this.#listeners.size > 0) this.#replace(promise);
      });
      return link;
    });
    return promise;
  }
}

function invoke(client: ClientApi, method: Method, arg: unknown): Promise<unknown> {
  return (client[method] as (arg: unknown) => Promise<unknown>)(arg);
}

function isClosing(error: unknown): boolean {
  return error instanceof ClientError && error.code === "ERR_CLOSED";
}

function unknownOutcome(): ClientError {
  return new ClientError(
    "ERR_CLOSED",
    "the process that runs this home ended in the middle: look whether it was done before you repeat it",
  );
}
