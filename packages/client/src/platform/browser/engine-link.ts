/**
 * The page's side: starts a worker, finds out which tab's worker leads, and keeps a client connected to it.
 * An engine that stops answering while the page is visible is ended and started again.
 */
import type { ClientApi } from "../../api.ts";
import { portChannel, tabChannel } from "./channels.ts";
import { engineNames, type LobbyMessage, type PageMessage, type WorkerMessage } from "./engine-messages.ts";
import { ResilientClient } from "./resilient.ts";
import { Watch } from "./watch.ts";

export type EngineStatus =
  | { readonly phase: "starting" }
  | { readonly phase: "ready" }
  | { readonly phase: "failed"; readonly code: string; readonly message: string };

export interface EngineLinkOptions {
  /** Shared by all tabs that use one database. */
  readonly name: string;
  startWorker(): Worker;
  onStatus(status: EngineStatus): void;
  /** The engine did not answer and was started again. */
  onRestarted(): void;
}

export class EngineLink {
  readonly #options: EngineLinkOptions;
  readonly #client = new ResilientClient();
  readonly #tab = crypto.randomUUID();
  readonly #lobby: BroadcastChannel;
  #worker: Worker | undefined;
  #workerName = "";
  #hasWorkerAnswered = false;
  #workerWatch: Watch | undefined;
  /** The leader in another tab that this page uses, and the watch over it. */
  #leader: string | undefined;
  #leaderWatch: Watch | undefined;

  constructor(options: EngineLinkOptions) {
    this.#options = options;
    this.#lobby = new BroadcastChannel(engineNames.lobby(options.name));
    this.#lobby.onmessage = (event: MessageEvent<LobbyMessage>) => this.#hear(event.data);
  }

  get client(): ClientApi {
    return this.#client.api;
  }

  /** See {@link ResilientClient.onAttached}. */
  onAttached(listener: () => void): void {
    this.#client.onAttached(listener);
  }

  /** Starts the worker and looks for a leader. */
  start(): void {
    // Held until this page is gone; the leader waits for it to know when that is.
    void navigator.locks.request(engineNames.tabLock(this.#options.name, this.#tab), () => {
      this.#startWorker();
      this.#say({ kind: "who" });
      return new Promise<never>(() => undefined);
    });
  }

  /** Ends the worker that leads and starts another, e.g. after a failure that the person has dealt with. */
  restart(): void {
    if (this.#leader !== undefined) this.#say({ kind: "replace", leader: this.#leader });
    this.#options.onStatus({ phase: "starting" });
    this.#client.detach();
    this.#leaderWatch?.stop();
    this.#leader = undefined;
    this.#startWorker();
    this.#say({ kind: "who" });
  }

  #startWorker(): void {
    this.#workerWatch?.stop();
    this.#worker?.terminate();
    const worker = this.#options.startWorker();
    this.#worker = worker;
    this.#workerName = crypto.randomUUID();
    this.#hasWorkerAnswered = false;
    worker.onmessage = (event: MessageEvent<WorkerMessage>) => this.#hearWorker(event.data);
    worker.onerror = () => this.#workerFailed();
    this.#tell({ kind: "start", name: this.#options.name, worker: this.#workerName });
    this.#workerWatch = new Watch({
      ping: () => this.#tell({ kind: "ping" }),
      onSilent: () => this.#restartStuck(),
    });
  }

  #restartStuck(): void {
    this.restart();
    this.#options.onRestarted();
  }

  #workerFailed(): void {
    // Later errors are defects that the worker has survived; before the first answer its program did not load.
    if (this.#hasWorkerAnswered) return;
    this.#options.onStatus({ phase: "failed", code: "ERR_ENGINE_LOAD", message: "the program could not be loaded" });
  }

  #hearWorker(message: WorkerMessage): void {
    this.#hasWorkerAnswered = true;
    this.#workerWatch?.heard();
    if (message.kind === "leading") this.#useOwnWorker();
    else if (message.kind === "failed") this.#options.onStatus({ ...message, phase: "failed" });
  }

  #useOwnWorker(): void {
    const { port1, port2 } = new MessageChannel();
    this.#worker?.postMessage({ kind: "connect", port: port2 } satisfies PageMessage, [port2]);
    this.#leaderWatch?.stop();
    this.#leader = undefined;
    this.#client.attach(portChannel(port1));
    this.#options.onStatus({ phase: "ready" });
  }

  #hear(message: LobbyMessage): void {
    switch (message.kind) {
      case "leading":
        this.#join(message.leader);
        break;
      case "joined":
        if (message.tab === this.#tab) this.#joined();
        break;
      case "pong":
        if (message.leader === this.#leader) this.#leaderWatch?.heard();
        break;
      case "replace":
        if (message.leader === this.#workerName) this.restart();
        break;
      case "failed":
        this.#leader = message.leader;
        this.#options.onStatus({ phase: "failed", code: message.code, message: message.message });
        break;
      case "who":
      case "join":
      case "ping":
        break;
    }
  }

  #join(leader: string): void {
    if (leader === this.#workerName || leader === this.#leader) return;
    this.#leader = leader;
    this.#client.detach();
    this.#leaderWatch?.stop();
    this.#leaderWatch = new Watch({
      ping: () => this.#say({ kind: "ping", leader }),
      onSilent: () => {
        this.#say({ kind: "replace", leader });
        this.#options.onRestarted();
      },
    });
    this.#say({ kind: "join", leader, tab: this.#tab });
  }

  #joined(): void {
    this.#client.attach(tabChannel(engineNames.tabChannel(this.#options.name, this.#tab)));
    this.#options.onStatus({ phase: "ready" });
  }

  #tell(message: PageMessage): void {
    this.#worker?.postMessage(message);
  }

  #say(message: LobbyMessage): void {
    this.#lobby.postMessage(message);
  }
}
