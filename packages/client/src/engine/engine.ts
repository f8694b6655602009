/**
 * The engine of one account on one device: what its parts share, and how they are joined.
 *
 * 1. Write, then apply, then announce: memory follows the database, listeners follow memory.
 * 2. Group state is read, computed on and written back inside the lane of its log only.
 * 3. No byte that a key protects leaves before the key's use is durable.
 * 4. A failing store ends the engine: it announces `ERR_LOCAL_…` and touches nothing any more.
 * 5. After `close` or a failure nothing is written, sent or announced.
 */
import type { DeviceId } from "@rempart/protocol";
import type { CryptoProvider, SuiteName } from "@rempart/session";
import type { ClientEvent } from "../api.ts";
import { Commits } from "../commits/commits.ts";
import { fractionOf } from "../connection/backoff.ts";
import { Connection, type ConnectionHandlers } from "../connection/connection.ts";
import { Contacts } from "../contacts/contacts.ts";
import { Deliveries } from "../contacts/deliveries.ts";
import { Devices } from "../devices/devices.ts";
import { KeyPackages } from "../devices/key-packages.ts";
import { SelfSync } from "../devices/self-sync.ts";
import { Setup } from "../devices/setup.ts";
import { asClientError, ClientError } from "../errors.ts";
import { Downloads } from "../files/downloads.ts";
import { Uploads } from "../files/uploads.ts";
import { Entrance } from "../gate/entrance.ts";
import { Errand } from "../gate/errand.ts";
import type { TokenBlinder } from "../gate/tokens/blinder.ts";
import { Mint, type Minted } from "../gate/tokens/mint.ts";
import { Purse } from "../gate/tokens/purse.ts";
import { Refill } from "../gate/tokens/refill.ts";
import { Wallet } from "../gate/wallet.ts";
import { Groups } from "../groups/groups.ts";
import { Leaving } from "../groups/leaving.ts";
import { Healing } from "../history/healing.ts";
import { Help } from "../history/help.ts";
import { History } from "../history/history.ts";
import { LateWelcomes } from "../history/late-welcomes.ts";
import { Outbox } from "../outbox/outbox.ts";
import { Receipts } from "../outbox/receipts.ts";
import { type Clock, type Network, type Solver, type Store, StoreError } from "../ports.ts";
import { openTables, type Tables } from "../store/index.ts";
import { ContactGaps } from "../sync/contact-gaps.ts";
import { Sync } from "../sync/sync.ts";
import { messageView } from "../views/messages.ts";
import { Changes } from "./changes.ts";
import { GroupCache } from "./group-cache.ts";
import { type Identity, loadIdentity, noAccount } from "./identity.ts";
import { Lanes } from "./lanes.ts";
import { Pump } from "./pump.ts";
import { Waiters } from "./waiters.ts";

export interface ClientOptions {
  readonly store: Store;
  readonly network: Network;
  readonly clock: Clock;
  readonly crypto: CryptoProvider;
  /** Solves the puzzles of a gate under siege. Without one, a device that has no other proof waits until it is over. */
  readonly solver?: Solver;
  /** Blinds tokens of the gate. Without one, this device has the tokens of its invitation and no others. */
  readonly blinder?: TokenBlinder;
  /** Suites that this device offers, the preferred one first. Default: X-Wing, then classical. */
  readonly suites?: readonly SuiteName[];
  /** What the server is told of this program; at most 64 bytes. */
  readonly agent?: string;
  /** Hears of failures that are defects of the program or of its peers; never of anything secret. */
  readonly defect?: (error: unknown) => void;
}

const defaultSuites: readonly SuiteName[] = [
  "MLS_256_XWING_AES256GCM_SHA512_Ed25519",
  "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
];

export class Engine {
  readonly store: Store;
  readonly tables: Tables;
  readonly clock: Clock;
  readonly crypto: CryptoProvider;
  readonly suites: readonly SuiteName[];
  readonly lanes = new Lanes();
  readonly waiters = new Waiters();
  /** By the id under which a message was queued: that under which it went out, in another chat's log. */
  readonly saidAgain = new Map<string, string>();
  readonly groupCache: GroupCache;
  readonly purse: Purse;
  readonly connection: Connection;
  readonly sync: Sync;
  readonly contactGaps: ContactGaps;
  readonly outbox: Outbox;
  readonly commits: Commits;
  readonly deliveries: Deliveries;
  readonly uploads: Uploads;
  readonly contacts: Contacts;
  readonly groups: Groups;
  readonly leaving: Leaving;
  readonly receipts: Receipts;
  readonly keyPackages: KeyPackages;
  readonly setup: Setup;
  readonly devices: Devices;
  readonly selfSync: SelfSync;
  readonly healing: Healing;
  readonly lateWelcomes: LateWelcomes;
  readonly help: Help;
  readonly history: History;
  readonly downloads: Downloads;
  identity: Identity | undefined;
  readonly #listeners = new Set<(event: ClientEvent) => void>();
  readonly #pumps: Pump[] = [];
  readonly #timers = new Set<() => void>();
  readonly #errand: Errand;
  readonly #refill: Refill | undefined;
  readonly #defect: (error: unknown) => void;
  #failure: ClientError | undefined;

  constructor(options: ClientOptions) {
    this.store = options.store;
    this.tables = openTables(options.store);
    this.clock = options.clock;
    this.crypto = options.crypto;
    this.suites = options.suites ?? defaultSuites;
    this.#defect = options.defect ?? (() => undefined);
    this.groupCache = new GroupCache(options.crypto, this.tables.groups);
    this.purse = this.#makePurse();
    const entrance = this.#makeEntrance();
    const { network, clock } = options;
    const fraction = () => this.fraction();
    this.connection = new Connection({
      network,
      clock,
      entrance,
      solver: options.solver,
      fraction,
      randomBytes: (count) => this.crypto.entropy.randomBytes(count),
      agent: options.agent ?? "rempart",
      handlers: this.#handlers(),
    });
    this.#refill = this.#makeRefill(options.blinder);
    const failed = (error: unknown) => this.defect(error);
    this.#errand = new Errand({ network, clock, entrance, fraction, quietServer: () => this.#quietServer(), failed });
    this.sync = new Sync(this);
    this.contactGaps = new ContactGaps(this);
    this.outbox = new Outbox(this);
    this.commits = new Commits(this);
    this.deliveries = new Deliveries(this);
    this.uploads = new Uploads(this);
    this.contacts = new Contacts(this);
    this.groups = new Groups(this);
    this.leaving = new Leaving(this);
    this.receipts = new Receipts(this);
    this.keyPackages = new KeyPackages(this);
    this.setup = new Setup(this);
    this.devices = new Devices(this);
    this.selfSync = new SelfSync(this);
    this.healing = new Healing(this);
    this.lateWelcomes = new LateWelcomes(this);
    this.help = new Help(this);
    this.history = new History(this);
    this.downloads = new Downloads(this);
  }

  /** Takes up where the last run ended. */
  async start(): Promise<void> {
    this.identity = await loadIdentity(this.crypto, this.tables.meta);
    const server = this.tables.meta.get("server");
    if (this.identity !== undefined && server !== undefined) this.connection.connect(server);
  }

  /** The account of this device. Throws `ERR_NO_ACCOUNT`. */
  own(): Identity {
    if (this.identity === undefined) throw noAccount();
    return this.identity;
  }

  /** Origin of the server that holds the account. */
  server(): string {
    return this.tables.meta.get("server") ?? "";
  }

  get isStopped(): boolean {
    return this.#failure !== undefined;
  }

  /** What ended the engine. */
  get failure(): ClientError | undefined {
    return this.#failure;
  }

  /** Throws what ended the engine, if it has ended. */
  ensureRunning(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * One transaction. `work` notes what it changes; `apply` brings memory up to date once it is durable; then
   * it is announced. A failing store ends the engine.
   */
  write<T>(work: (changes: Changes) => T, apply?: (value: T) => void): T {
    this.ensureRunning();
    const changes = new Changes();
    let value: T;
    try {
      value = this.store.transaction(() => work(changes));
    } catch (error) {
      if (error instanceof StoreError) this.fail(error);
      throw error;
    }
    apply?.(value);
    this.#announce(changes);
    return value;
  }

  subscribe(listener: (event: ClientEvent) => void): () => void {
    const own = (event: ClientEvent) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  emit(event: ClientEvent): void {
    if (this.isStopped) return;
    for (const listener of [...this.#listeners]) this.#tell(listener, event);
  }

  #tell(listener: (event: ClientEvent) => void, event: ClientEvent): void {
    try {
      listener(event);
    } catch (error) {
      // A listener's failure is its own: the engine must not end in the middle of an announcement.
      this.#defect(error);
    }
  }

  #announce(changes: Changes): void {
    for (const [message, isNew] of changes.messages) {
      const row = this.tables.messages.get(message);
      if (row !== undefined) this.emit({ event: "message", message: messageView(this, row), isNew });
    }
    for (const chat of changes.chats) this.emit({ event: "chat", chat });
    for (const flag of changes.flags) this.emit({ event: flag });
    this.waiters.changed();
  }

  /** A queue that is worked through in the background; it stops with the engine. */
  pump(work: (key: string) => Promise<"again" | "idle">): Pump {
    const failed = (error: unknown) => this.defect(error);
    const pump = new Pump({ clock: this.clock, fraction: () => this.fraction(), work, failed });
    this.#pumps.push(pump);
    return pump;
  }

  /** Runs `callback` after a while, unless the engine has ended by then. Nobody waits for its failures. */
  after(delayMs: number, callback: () => void): () => void {
    const cancel = this.clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      try {
        callback();
      } catch (error) {
        this.defect(error);
      }
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  /** Background work whose failures nobody waits for. */
  spawn(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.defect(error));
  }

  /** A failure that nobody waits for. Those of the network are no news; those of the store end the engine. */
  defect(error: unknown): void {
    if (this.isStopped) return;
    if (error instanceof StoreError) this.fail(error);
    else if (!isOfNetwork(error)) this.#defect(error);
  }

  fraction(): number {
    return fractionOf(this.crypto.entropy.randomBytes(4));
  }

  /** Ends the engine because its store no longer keeps what it is given. Nothing acknowledged is lost. */
  fail(error: StoreError): void {
    if (this.isStopped) return;
    this.emit({ event: "connection", connection: { state: "refused", error: error.code } });
    this.#end(asClientError(error));
  }

  /** Ends the engine and closes its store, once what runs has come to its end. */
  async close(): Promise<void> {
    this.#end(new ClientError("ERR_CLOSED", "the client was closed"));
    await this.lanes.idle();
    this.store.close();
  }

  #end(failure: ClientError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    for (const pump of this.#pumps) pump.stop();
    for (const cancel of [...this.#timers]) cancel();
    this.#timers.clear();
    this.connection.close();
    this.waiters.close(failure);
    this.#listeners.clear();
  }

  #makePurse(): Purse {
    const { tokens } = this.tables;
    const write = <T>(work: () => T): T => this.write(work);
    const refill = () => this.#refill?.nudge();
    return new Purse({ tokens, clock: this.clock, write, server: () => this.server(), refill });
  }

  #makeRefill(blinder: TokenBlinder | undefined): Refill | undefined {
    if (blinder === undefined) return undefined;
    const { tokens, meta } = this.tables;
    const mint = new Mint({
      tokens,
      meta,
      blinder,
      randomBytes: (count) => this.crypto.entropy.randomBytes(count),
      write: (work) => this.write(work),
      request: (name, body) => this.connection.request(name, body),
    });
    return new Refill({
      clock: this.clock,
      fraction: () => this.fraction(),
      count: () => this.purse.count(),
      lastDay: (server) => lastDayAt(meta.get("tokensIssuedOn"), server),
      quiet: () => this.#quietDevice(),
      mint: (server, deviceId): Promise<Minted> => mint.mint(server, deviceId),
      failed: (error) => this.defect(error),
    });
  }

  /** Before its key packages are published the server knows no device, and gives it nothing. */
  #quietDevice(): { server: string; deviceId: DeviceId } | undefined {
    const server = this.#quietServer();
    if (server === undefined || this.setup.step() !== "done") return undefined;
    return { server, deviceId: this.own().device.deviceId };
  }

  #makeEntrance(): Entrance {
    const { clock, purse } = this;
    const write = <T>(work: () => T): T => this.write(work);
    return new Entrance({ wallet: new Wallet({ tickets: this.tables.tickets, clock, write }), purse, clock });
  }

  #quietServer(): string | undefined {
    return this.connection.isOnline && this.connection.mode === "normal" ? this.server() : undefined;
  }

  #handlers(): ConnectionHandlers {
    return {
      prove: (challenge, requests) => this.setup.prove(challenge, requests),
      online: (role) => this.#online(role),
      push: (push) => this.sync.push(push),
      changed: (connection) => {
        if (connection.state !== "online") {
          this.sync.offline();
          this.#errand.stop();
          this.#refill?.stop();
        }
        this.emit({ event: "connection", connection });
        this.waiters.changed();
      },
      failed: (error) => this.defect(error),
    };
  }

  #online(role: "member" | "admin"): void {
    if (this.tables.meta.get("role") !== role) {
      this.write((changes) => {
        this.tables.meta.set("role", role);
        changes.mark("account");
      });
    }
    this.#errand.start();
    this.#refill?.start();
    this.setup.kick();
    this.sync.online();
    this.deliveries.kick();
    this.uploads.kick();
    this.commits.kickAll();
    this.outbox.kickAll();
    this.healing.kickAll();
  }
}

function lastDayAt(issued: { server: string; day: number } | undefined, server: string): number | undefined {
  return issued?.server === server ? issued.day : undefined;
}

function isOfNetwork(error: unknown): boolean {
  const { code } = asClientError(error);
  return code === "ERR_OFFLINE" || code === "ERR_TIMEOUT" || code === "ERR_CLOSED";
}
