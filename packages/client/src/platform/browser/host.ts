/**
 * The worker's side: every tab starts a worker, and the one that gets the lock runs the engine for all.
 *
 * 1. The engine is opened only while the lock is held, so two never write to one database.
 * 2. When a tab is closed the browser ends its worker, gives back the lock, and the next worker opens the
 *    engine: what was acknowledged is in the database, and nothing else is taken over.
 * 3. The leader says so when the engine is ready, never before; pages then connect to it.
 */
import type { ClientApi } from "../../api.ts";
import { asClientError } from "../../errors.ts";
import { serveClient } from "../../remote/index.ts";
import { portChannel, tabChannel } from "./channels.ts";
import { engineNames, type LobbyMessage, type PageMessage, type WorkerMessage } from "./engine-messages.ts";

/** What the host needs of the worker's global scope. */
export interface HostScope {
  postMessage(message: WorkerMessage): void;
  onmessage: ((event: MessageEvent<PageMessage>) => void) | null;
}

/** Opens the database and the client on it. */
export type OpenEngine = () => Promise<ClientApi>;

export function hostEngine(scope: HostScope, open: OpenEngine): void {
  let host: EngineHost | undefined;
  scope.onmessage = ({ data }) => {
    if (data.kind === "ping") scope.postMessage({ kind: "pong" });
    else if (data.kind === "start") host ??= new EngineHost(scope, open, data);
    else host?.connect(data.port);
  };
}

class EngineHost {
  readonly #scope: HostScope;
  readonly #open: OpenEngine;
  readonly #name: string;
  readonly #worker: string;
  readonly #lobby: BroadcastChannel;
  readonly #tabs = new Map<string, { close(): void }>();
  #engine: ClientApi | undefined;
  #failure: { readonly code: string; readonly message: string } | undefined;

  constructor(
    scope: HostScope,
    open: OpenEngine,
    { name, worker }: { readonly name: string; readonly worker: string },
  ) {
    this.#scope = scope;
    this.#open = open;
    this.#name = name;
    this.#worker = worker;
    this.#lobby = new BroadcastChannel(engineNames.lobby(name));
    this.#lobby.onmessage = (event: MessageEvent<LobbyMessage>) => this.#hear(event.data);
    // The lock is kept until this worker ends, whatever becomes of the engine.
    void navigator.locks.request(engineNames.leaderLock(name), () => this.#lead());
  }

  /** Serves the page of this worker directly. */
  connect(port: MessagePort): void {
    if (this.#engine !== undefined) serveClient(this.#engine, portChannel(port));
  }

  async #lead(): Promise<never> {
    try {
      this.#engine = await this.#open();
      this.#scope.postMessage({ kind: "leading" });
      this.#say({ kind: "leading", leader: this.#worker });
    } catch (error) {
      this.#fail(error);
    }
    return new Promise<never>(() => undefined);
  }

  #fail(error: unknown): void {
    const { code, message } = asClientError(error);
    this.#failure = { code, message };
    this.#scope.postMessage({ kind: "failed", code, message });
    this.#say({ kind: "failed", leader: this.#worker, code, message });
  }

  #say(message: LobbyMessage): void {
    this.#lobby.postMessage(message);
  }

  #hear(message: LobbyMessage): void {
    if (message.kind === "who") this.#present();
    else if (message.kind === "ping" && message.leader === this.#worker) {
      this.#say({ kind: "pong", leader: this.#worker });
    } else if (message.kind === "join" && message.leader === this.#worker) this.#admit(message.tab);
  }

  #present(): void {
    if (this.#failure !== undefined) this.#say({ kind: "failed", leader: this.#worker, ...this.#failure });
    else if (this.#engine !== undefined) this.#say({ kind: "leading", leader: this.#worker });
  }

  #admit(tab: string): void {
    if (this.#engine === undefined) return;
    this.#tabs.get(tab)?.close();
    const served = serveClient(this.#engine, tabChannel(engineNames.tabChannel(this.#name, tab)));
    this.#tabs.set(tab, served);
    this.#say({ kind: "joined", tab });
    // Granted only when the page that holds it is gone.
    void navigator.locks.request(engineNames.tabLock(this.#name, tab), () => {
      served.close();
      if (this.#tabs.get(tab) === served) this.#tabs.delete(tab);
    });
  }
}
