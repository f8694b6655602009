/**
 * Looks on, and reports broken promises of the gate:
 *
 * - G1  What is good once is admitted once, also across restarts and jumps of the clock, and only what was issued or
 *       solved is. One exception is promised in [GT12]: a ticket, when the spent set could not be written and the
 *       memory of this process does not have it (any more).
 * - G2  No more is spent than was issued.
 * - G3  Honest visitors with a ticket or token, recognised before TLS, are inside within `admittedMsMax`; in quiet
 *       everybody gets in. Not counted: a server that is down, cut cables, a full disk for tokens, and neighbours of an
 *       attacker, whose prefix is denied or has used up its rate.
 * - G4  Nobody inside is dropped for a newcomer.
 * - G5  Every table and queue is within its limit, and what the gate counts is what there is.
 * - G6  The effort never exceeds its cap, and is at the floor after `effortMsMax` of quiet.
 * - G7  The mode is normal after `modeMsMax` of quiet.
 * - G8  A ticket that an honest visitor shows is never refused but as busy.
 */
import type { Gate, GateServerLimits } from "@rempart/gate";
import {
  decode,
  gateLimits,
  isSolved,
  type Proof,
  proofCodec,
  toHex,
  tokenBytes,
  type Verdict,
} from "@rempart/protocol";
import type { Trace } from "../trace.ts";
import type { Violations } from "../violation.ts";
import type { Mint } from "./mint.ts";
import type { SpentDisk } from "./spent-disk.ts";
import type { WallClock } from "./wall-clock.ts";
import type { WorkOracle } from "./work-oracle.ts";

/**
 * From the first try, own pauses included: two refusals as busy, of one to two seconds each, and three tries that take a
 * slow disk's second and a half. Somebody who is recognised before TLS, by his session or his prefix, has it at up to 50
 * hostile attempts for each honest one.
 */
export const admittedMsMax = 8_000;
/** Ten seconds of holding and ninety of sinking, from the highest effort; what still came when it got quiet, and a reserve. */
export const effortMsMax = 120_000;
/** Two steps down of a minute each, and half a minute for what was left of the attack. */
export const modeMsMax = 150_000;

/** What of a token is signed; the rest could be written differently. */
const tokenInputBytes = tokenBytes - 256;

interface WatchOptions {
  readonly violations: Violations;
  readonly trace: Trace;
  readonly clock: WallClock;
  readonly disk: SpentDisk;
  readonly mint: Mint;
  readonly oracle: WorkOracle;
  readonly host: string;
  /** What the gate under test should keep to. */
  readonly limits: GateServerLimits;
}

interface Admission {
  readonly life: number;
  readonly at: number;
  /** How many proofs were judged before. */
  readonly proofs: number;
}

export class Watch {
  readonly stats = { proofs: 0, B: 0, C: 0, D: 0, E: 0, excused: 0, effortMax: 0, longestWaitMs: 0, sieges: 0 };
  readonly #options: WatchOptions;
  readonly #admitted = new Map<string, Admission>();
  readonly #ticketsIssued = new Set<string>();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** A verdict was given. `life` counts the restarts of the server; `now` is true time. */
  judged(
    bytes: Uint8Array,
    { verdict, life, now, isHonest }: { verdict: Verdict; life: number; now: number; isHonest: boolean },
  ): void {
    this.stats.proofs += 1;
    const proof = proofOf(bytes);
    this.#options.trace.note(
      `${proof?.kind ?? "junk"} ${verdict.kind}`,
      verdict.kind === "refused" ? verdict.retryAfterMs : 0,
    );
    if (verdict.kind === "admitted") {
      for (const ticket of verdict.tickets) this.#ticketsIssued.add(toHex(ticket));
      if (proof === undefined) this.#report("G1", "what is no proof was admitted");
      else this.#admit(proof, { life, at: now, proofs: this.stats.proofs });
    } else if (isHonest && proof?.kind === "ticket" && verdict.reason !== "busy") {
      this.#report("G8", `an honest ticket was refused: ${verdict.reason}`);
    }
  }

  /** An honest visitor with a ticket or token has waited so long so far. */
  waited(name: string, ms: number): void {
    this.stats.longestWaitMs = Math.max(this.stats.longestWaitMs, Math.round(ms));
    if (ms > admittedMsMax) this.#report("G3", `${name} has waited for ${Math.round(ms)} ms with a ticket or token`);
  }

  /** In quiet, somebody is still outside. */
  isOutside(name: string): void {
    this.#report("G3", `${name} is not let in although it is quiet`);
  }

  /** The gate would have somebody dropped who is inside. */
  drops(what: string): void {
    this.#report("G4", `somebody inside was to be dropped: ${what}`);
  }

  /** Holds the gate to its limits. `there`: connections that there really are. */
  check(gate: Gate, there: { readonly unadmitted: number; readonly admitted: number }): void {
    const { limits } = this.#options;
    for (const [name, size, sizeMax] of boundsOf(gate.sizes, limits)) {
      if (!(size <= sizeMax)) this.#report("G5", `${name}: ${size} entries, ${sizeMax} at most`);
    }
    const { counters } = gate;
    for (const { counts } of [counters.prefixes, counters.networks]) {
      if (counts.size > Math.max(limits.prefixesMax, limits.networksMax))
        this.#report("G5", `a tally of ${counts.size}`);
    }
    if (counters.unadmitted !== there.unadmitted || counters.open.admitted !== there.admitted) {
      const counted = `${counters.unadmitted} and ${counters.open.admitted}`;
      this.#report("G5", `${there.unadmitted} not admitted and ${there.admitted} inside, counted as ${counted}`);
    }
    this.stats.effortMax = Math.max(this.stats.effortMax, gate.effort);
    if (gate.mode === "siege") this.stats.sieges += 1;
    if (gate.effort > gateLimits.effortMax) this.#report("G6", `effort ${gate.effort}`);
  }

  checkEffortIsBack(gate: Gate): void {
    const { effortFloor } = this.#options.limits;
    if (gate.effort > effortFloor) this.#report("G6", `effort ${gate.effort} after ${effortMsMax} ms of quiet`);
  }

  checkModeIsBack(gate: Gate): void {
    if (gate.mode !== "normal") this.#report("G7", `${gate.mode} (${gate.modeReason}) after ${modeMsMax} ms of quiet`);
  }

  checkSpent(): void {
    const { B, C, excused } = this.stats;
    if (B > this.#ticketsIssued.size + excused) this.#report("G2", `${B} tickets of ${this.#ticketsIssued.size} spent`);
    if (C > this.#options.mint.issued) this.#report("G2", `${C} tokens of ${this.#options.mint.issued} spent`);
  }

  #admit(proof: Proof, admission: Admission): void {
    this.stats[laneOf[proof.kind]] += 1;
    if (proof.kind === "none") return;
    if (!this.#isGenuine(proof)) this.#report("G1", `a ${proof.kind} was admitted that nobody gave out or solved`);
    const key = keyOf(proof);
    const before = this.#admitted.get(key);
    this.#admitted.set(key, admission);
    if (before === undefined) return;
    const { limits, disk } = this.#options;
    const hasRestarted = before.life !== admission.life;
    const mayBeForgotten = hasRestarted || admission.proofs - before.proofs > limits.spentRememberedMax;
    if (proof.kind === "ticket" && mayBeForgotten && !disk.wasWellSince(before.at)) this.stats.excused += 1;
    else this.#report("G1", `a ${proof.kind} was admitted twice${hasRestarted ? ", with a restart in between" : ""}`);
  }

  #isGenuine(proof: Exclude<Proof, { kind: "none" }>): boolean {
    const { mint, oracle, host } = this.#options;
    if (proof.kind === "ticket") return this.#ticketsIssued.has(toHex(proof.ticket));
    if (proof.kind === "token") return mint.has(proof.token);
    return isSolved(proof, host, (bytes) => oracle.crypto.sha256(bytes));
  }

  #report(invariant: `G${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`, what: string): void {
    this.#options.violations.report(invariant, what);
  }
}

const laneOf = { ticket: "B", token: "C", work: "D", none: "E" } as const;

function proofOf(bytes: Uint8Array): Proof | undefined {
  try {
    return decode(proofCodec, bytes);
  } catch {
    // Junk is what some of them send.
    return undefined;
  }
}

function keyOf(proof: Exclude<Proof, { kind: "none" }>): string {
  if (proof.kind === "ticket") return `ticket ${toHex(proof.ticket)}`;
  if (proof.kind === "token") return `token ${toHex(proof.token.subarray(0, tokenInputBytes))}`;
  return `work ${toHex(proof.seed)} ${toHex(proof.nonce)}`;
}

function boundsOf(sizes: Gate["sizes"], limits: GateServerLimits): [name: string, size: number, sizeMax: number][] {
  const { prefixesMax, networksMax, unadmittedMax } = limits;
  return [
    ["trusted prefixes", sizes.trusted, prefixesMax],
    ["offences", sizes.offences, prefixesMax],
    ["buckets", sizes.buckets, prefixesMax],
    ["prefixes served", sizes.servedPrefixes, prefixesMax],
    ["networks served", sizes.servedNetworks, networksMax],
    ["prefixes of those not admitted", sizes.unadmittedPrefixes, unadmittedMax],
    ["proofs being written", sizes.spendsInFlight, limits.spendsInFlightMax],
    ["proofs remembered", sizes.spentRemembered, limits.spentRememberedMax],
    ["proofs not kept", sizes.spentUnkept, limits.unkeptMax],
    ["hellos that wait", sizes.handshakesWaiting, 4 * limits.handshakesWaitingMax],
    ["handshakes in flight", sizes.handshakesInFlight, limits.handshakesInFlightMax],
  ];
}
