/**
 * The server of a simulation: one disk, and one or two processes in front of it that come and go. Devices
 * reach any of them; only the disk and the bus join them.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import { decode, encode, hostOf, ProtocolError, proofCodec, verdictCodec } from "@rempart/protocol";
import type { MemoryStore, ServerLimits } from "@rempart/server";
import { Service } from "@rempart/server";
import { SimBus } from "./bus.ts";
import { type Fork, ForkView, Liar, type Lie } from "./liar.ts";
import type { ServerEnd, ServerHandlers, SimLink } from "./network.ts";
import { ServerDisk, type ServerDiskHandle, type ServerDiskOptions } from "./server-disk.ts";
import { type Stage, serverOrigin } from "./stage.ts";
import { describeError } from "./violation.ts";

interface Process {
  readonly service: Service;
  readonly handle: ServerDiskHandle;
  readonly links: Set<SimLink>;
  isAlive: boolean;
  leaveBus(): void;
}

export interface ServerMachineOptions {
  readonly stage: Stage;
  readonly store: MemoryStore;
  readonly witness: ServerDiskOptions["witness"];
  readonly spoil?: ServerDiskOptions["spoil"];
  readonly processCount: number;
  readonly limits: ServerLimits;
}

export class ServerMachine {
  readonly disk: ServerDisk;
  /** How far the server's clock is off. */
  clockOffsetMs = 0;
  readonly #options: ServerMachineOptions;
  readonly #bus: SimBus;
  readonly #liars = new WeakMap<SimLink, Liar>();
  readonly #forks = new Map<string, Fork>();
  #processes: Process[] = [];
  #starts = 0;

  constructor(options: ServerMachineOptions) {
    const { stage, store, witness, spoil } = options;
    this.#options = options;
    this.#bus = new SimBus({ schedule: stage.schedule, random: stage.random.fork("bus") });
    this.disk = new ServerDisk({
      schedule: stage.schedule,
      random: stage.random.fork("server disk"),
      store,
      witness,
      ...(spoil === undefined ? {} : { spoil }),
    });
    stage.network.listen((end, link) => this.#accept(end, link));
  }

  get isUp(): boolean {
    return this.#processes.length > 0;
  }

  /** Starts the processes that are missing. */
  start(): void {
    while (this.#processes.length < this.#options.processCount) this.#processes.push(this.#startProcess());
  }

  /** Power fails: every process is gone between two instructions. */
  crash(): void {
    const gone = this.#processes;
    this.#processes = [];
    for (const process of gone) this.#end(process);
  }

  /** One process stops as it should: it says goodbye and answers what it was asked. */
  stop(): void {
    const process = this.#processes.shift();
    if (process === undefined) return;
    const end = () => this.#end(process);
    process.service.stop().then(end, (error: unknown) => {
      if (process.isAlive)
        this.#options.stage.violations.report("I0", `the server did not stop: ${describeError(error)}`, error);
      end();
    });
  }

  /** Lies on every link that the device has just now. */
  lieTo(device: string, lie: Lie): void {
    for (const { links } of this.#processes) {
      for (const link of links) if (link.device === device) this.#liars.get(link)?.begin(lie);
    }
  }

  /** Ends the lies on a link; answers whether any was told, which only a new link makes good. */
  stopLying(link: SimLink): boolean {
    const liar = this.#liars.get(link);
    liar?.end();
    return liar?.hasLied === true;
  }

  /** From its next link on, the device is shown another history of one log. */
  forkFor(device: string, fork: Fork): void {
    this.#forks.set(device, fork);
  }

  /** Whether all that this link has carried to its device is the truth. */
  isHonest(link: SimLink): boolean {
    return !this.#forks.has(link.device) && this.#liars.get(link)?.hasLied !== true;
  }

  #forkOf(link: SimLink): ForkView | undefined {
    const fork = this.#forks.get(link.device);
    return fork === undefined ? undefined : new ForkView(fork);
  }

  #startProcess(): Process {
    const { stage, limits } = this.#options;
    const random = stage.random.fork(`server process ${this.#starts++}`);
    const handle = this.disk.open();
    const bus = this.#bus.connect();
    const ports = {
      store: handle,
      bus,
      clock: { now: () => Math.floor(stage.schedule.now) + this.clockOffsetMs },
      entropy: { bytes: (count: number) => random.bytes(count) },
      crypto: { sha256, verify: verifySignature },
    };
    const report = (error: unknown) => {
      // That its disk failed is the simulation's doing.
      if (!process.isAlive || error instanceof ProtocolError) return;
      stage.violations.report("I0", `the server reported ${describeError(error)}`, error);
    };
    const service = new Service(ports, { limits, report });
    const process: Process = { service, handle, links: new Set(), isAlive: true, leaveBus: () => bus.leaveAll() };
    this.#tickLater(process);
    return process;
  }

  #tickLater(process: Process): void {
    this.#options.stage.schedule.after(tickMs, "server tick", () => {
      if (!process.isAlive) return;
      void process.service.tick();
      this.#tickLater(process);
    });
  }

  #end(process: Process): void {
    process.isAlive = false;
    process.handle.kill();
    process.leaveBus();
    for (const link of process.links) link.orphan();
    process.links.clear();
  }

  #accept(end: ServerEnd, link: SimLink): ServerHandlers | undefined {
    const process = this.#options.stage.random.pick(this.#processes);
    if (process === undefined) return undefined;
    process.links.add(link);
    let inside: ServerHandlers | undefined;
    return {
      receive: (frame) => {
        if (!process.isAlive) return;
        if (inside === undefined) inside = this.#admit(process, end, link, frame);
        else inside.receive(frame);
      },
      drained: () => inside?.drained(),
      closed: () => {
        process.links.delete(link);
        inside?.closed();
      },
    };
  }

  /** The gate of this server is open to everybody; it only wants to be shown something that is a proof. */
  #admit(process: Process, end: ServerEnd, link: SimLink, proof: Uint8Array): ServerHandlers {
    decode(proofCodec, proof);
    end.send(encode(verdictCodec, { kind: "admitted", mode: "normal", tickets: [] }));
    const liar = new Liar(end, this.#options.stage.random.fork(`liar ${link.name}`));
    const view = this.#forkOf(link);
    this.#liars.set(link, liar);
    const connection = process.service.connect(
      {
        get bufferedBytes() {
          return end.bufferedBytes();
        },
        send: (frame) => {
          const told = view === undefined ? frame : view.fromServer(frame);
          if (process.isAlive && told !== undefined) liar.send(told);
        },
        close: (code) => end.close(code),
      },
      { hosts: [hostOf(serverOrigin)] },
    );
    return {
      receive: (frame) => {
        if (process.isAlive) connection.receive(view === undefined ? frame : view.fromDevice(frame));
      },
      drained: () => {
        if (process.isAlive) connection.drained();
      },
      closed: () => {
        if (process.isAlive) connection.closed();
      },
    };
  }
}

/** Rarer than a shell's, to spare events: ten ticks find no more than one. */
const tickMs = 5_000;

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

// The DER header that turns a raw Ed25519 key into the form that node:crypto imports (RFC 8410).
const ed25519Header = Buffer.from("302a300506032b6570032100", "hex");

interface Signed {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

function verifySignature({ publicKey, message, signature }: Signed): boolean {
  if (publicKey.length !== 32) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([ed25519Header, publicKey]), format: "der", type: "spki" });
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}
