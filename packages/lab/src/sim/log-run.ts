/**
 * A simulation of logs alone: the real server, its disk and the network as in `run.ts`, but peers that speak
 * the bare wire. A hundred times cheaper per entry, it holds the server to I1, I2 and I6 at a pace that
 * whole clients do not reach.
 */
import { createPrivateKey, createPublicKey, sign as signBytes } from "node:crypto";
import { asId, authOf, toHex } from "@rempart/protocol";
import type { Guard } from "./guard.ts";
import { checkQueues } from "./invariants.ts";
import { LogPeer, type PeerLog } from "./log-peer.ts";
import { fairWeather, type Weather } from "./network.ts";
import type { Random } from "./random.ts";
import type { RunOptions, RunResult } from "./run.ts";
import { openTheatre, perform, startMs, type Theatre } from "./theatre.ts";

interface Seat {
  readonly peer: LogPeer;
  readonly weather: Weather;
}

const healLimitMs = 5 * 60_000;
const actionWeights = {
  say: 12,
  burst: 2,
  commit: 3,
  create: 1,
  cut: 2,
  partition: 1,
  weather: 2,
  crash: 1,
  stop: 1,
  disk: 1,
};
const peersMax = 5;

/** Runs one seed of the logs' simulation. Never rejects. */
export async function runLogSeed(options: RunOptions): Promise<RunResult> {
  const theatre = openTheatre(options);
  const play = new LogPlay(theatre, options);
  await perform(theatre.stage, (guard) => play.perform(guard));
  theatre.server.crash();
  return play.result();
}

class LogPlay {
  readonly #theatre: Theatre;
  readonly #options: RunOptions;
  readonly #random: Random;
  readonly #seats: Seat[] = [];
  #step = 0;

  constructor(theatre: Theatre, options: RunOptions) {
    this.#theatre = theatre;
    this.#options = options;
    this.#random = theatre.stage.random.fork("log play");
  }

  async perform(guard: Guard): Promise<void> {
    const { stage, server, shape } = this.#theatre;
    server.start();
    await this.#seatPeers(shape.between(2, peersMax));
    while (this.#step < this.#options.ops && this.#isFine(guard)) {
      this.#step++;
      this.#act();
      await stage.schedule.advance(this.#random.chance(0.1) ? this.#random.below(5_000) : this.#random.below(200));
      checkQueues(stage, this.#seats.length);
    }
    if (this.#isFine(guard)) await this.#heal();
  }

  result(): RunResult {
    const { stage, observer } = this.#theatre;
    const { seed, ops } = this.#options;
    const { first, all } = stage.violations;
    const stats = {
      events: stage.schedule.ran,
      virtualMs: Math.round(stage.schedule.now - startMs),
      frames: observer.framesSeen,
      entries: observer.entryCount,
      peers: this.#seats.length,
    };
    const trace = stage.trace.digest();
    return {
      seed,
      ops,
      trace,
      step: this.#step,
      violations: all,
      stats,
      diagnosis: [],
      ...(first && { violation: first }),
    };
  }

  #isFine(guard: Guard): boolean {
    return this.#theatre.stage.violations.first === undefined && guard.breaches.length === 0;
  }

  /** One invitation with a use for each peer. */
  async #seatPeers(count: number): Promise<void> {
    const { stage, server } = this.#theatre;
    const inviteSecret = this.#random.bytes(16);
    const expiresAt = stage.schedule.now + 86_400_000;
    const invite = { inviteAuth: authOf(inviteSecret), revokeAuth: authOf(this.#random.bytes(32)) };
    await server.disk.options.store.submit("inviteCreate", { ...invite, uses: count, expiresAt, role: "member" });
    for (let i = 0; i < count; i++) {
      const weather = { ...fairWeather };
      const name = `peer${i}`;
      const random = this.#random.fork(name);
      const seed = random.bytes(32);
      const peer = new LogPeer({
        name,
        stage,
        random,
        network: stage.network.portFor({ name, weather, isAlive: () => true }),
        signUp: { inviteSecret, seed, publicKey: publicKeyOf(seed) },
        sign: signWith,
      });
      this.#seats.push({ peer, weather });
      peer.connect();
    }
    this.#createLog();
  }

  #createLog(): void {
    const random = this.#random;
    const logId = asId("LogId", random.bytes(16));
    const keys = { readKey: asId("Capability", random.bytes(32)), writeKey: asId("Capability", random.bytes(32)) };
    for (const [i, { peer }] of this.#seats.entries()) peer.follow(logId, keys, { isNew: i === 0 });
  }

  #act(): void {
    const { stage } = this.#theatre;
    const seat = this.#random.pick(this.#seats);
    const log = this.#random.pick([...(seat?.peer.logs.values() ?? [])]);
    if (seat === undefined || log === undefined) return;
    const kind = this.#random.weighted(actionWeights);
    stage.trace.note(`step ${this.#step} ${kind}`, seat.peer.name);
    this.#actions[kind](seat, log);
  }

  readonly #actions: Readonly<Record<keyof typeof actionWeights, (seat: Seat, log: PeerLog) => void>> = {
    say: ({ peer }, log) => peer.say(log, this.#random.bytes(this.#random.chance(0.1) ? 16_384 : 64)),
    burst: ({ peer }, log) => {
      for (let i = this.#random.between(5, 40); i > 0; i--) peer.say(log, this.#random.bytes(64));
    },
    commit: ({ peer }, log) => peer.commit(log),
    create: () => this.#createLog(),
    cut: ({ peer }) => this.#theatre.stage.network.cut((link) => link.device === peer.name),
    partition: (seat) => {
      seat.weather.isPartitioned = true;
      this.#theatre.stage.schedule.after(this.#random.below(30_000), "heal", () => this.#reach(seat));
    },
    weather: ({ weather }) => {
      weather.delayMsMax = this.#random.between(2, 900);
      weather.bytesPerMs = this.#random.between(1, 200);
      weather.cutChance = this.#random.pick([0, 0, 0.02]) ?? 0;
    },
    crash: () => {
      this.#theatre.server.crash();
      this.#restartServer();
    },
    stop: () => {
      this.#theatre.server.stop();
      this.#restartServer();
    },
    disk: () => {
      this.#theatre.server.disk.faultChance = this.#random.pick([0, 0, 0.02]) ?? 0;
    },
  };

  #restartServer(): void {
    const { stage, server } = this.#theatre;
    stage.schedule.after(this.#random.below(5_000), "server restart", () => server.start());
  }

  #reach(seat: Seat): void {
    seat.weather.isPartitioned = false;
    this.#theatre.stage.network.healed();
  }

  /** Peace: everything said arrives everywhere, and everything acknowledged is where it was said to be. */
  async #heal(): Promise<void> {
    const { stage, server } = this.#theatre;
    server.disk.faultChance = 0;
    server.start();
    for (const seat of this.#seats) {
      Object.assign(seat.weather, fairWeather);
      this.#reach(seat);
    }
    const isDone = () => this.#unfinished().length === 0;
    if (await stage.schedule.runUntil(isDone, healLimitMs)) return this.#checkAcked();
    for (const what of this.#unfinished()) stage.violations.report("I7", what);
  }

  #unfinished(): string[] {
    const { observer } = this.#theatre;
    return this.#seats.flatMap(({ peer }) => {
      const unsent = peer.unsent > 0 ? [`${peer.name} has ${peer.unsent} entries unsent`] : [];
      const behind = [...peer.logs]
        .filter(([log, { entries }]) => entries.length !== observer.headOf(log))
        .map(
          ([log, { entries }]) => `${peer.name} has ${entries.length} of ${observer.headOf(log)} entries of log ${log}`,
        );
      return [...unsent, ...behind];
    });
  }

  #checkAcked(): void {
    for (const { peer } of this.#seats) {
      for (const { log, entryId, seq } of peer.acked) {
        for (const other of this.#seats) {
          const entry = other.peer.logs.get(log)?.entries[seq - 1];
          if (entry !== undefined && toHex(entry.entryId) === entryId) continue;
          const what = `${other.peer.name} does not have ${peer.name}'s entry, acknowledged at seq ${seq} of log ${log}`;
          this.#theatre.stage.violations.report("I2", what);
        }
      }
    }
  }
}

const pkcs8Header = Buffer.from("302e020100300506032b657004220420", "hex");

function privateKeyOf(seed: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([pkcs8Header, seed]), format: "der", type: "pkcs8" });
}

function publicKeyOf(seed: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKeyOf(seed)).export({ format: "der", type: "spki" });
  return new Uint8Array(spki.subarray(-32));
}

function signWith(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(signBytes(null, message, privateKeyOf(seed)));
}
