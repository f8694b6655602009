import { decode, gateLimits, isSolved, type Proof, ProtocolError, proofCodec, type Work } from "@rempart/protocol";
import type { GateServerLimits } from "../limits.ts";
import type { GatePorts } from "../ports.ts";
import type { Effort } from "./effort.ts";
import { joined } from "./keys.ts";
import type { EntryLane } from "./lane-shares.ts";
import type { Seeds } from "./seeds.ts";
import type { Claim } from "./spending.ts";
import type { Tickets } from "./tickets.ts";
import type { Outcome } from "./types.ts";

/** A proof that is good, as far as can be said without asking whether it was used. */
export interface GoodProof {
  readonly lane: EntryLane;
  /** What has to be spent for it; nothing in lane E. */
  readonly claim: Claim | undefined;
  /** Tickets that its admission gives. */
  readonly tickets: number;
  readonly quotaClass: number;
  /** The effort of work, otherwise 0. */
  readonly effort: number;
}

/** A proof that is not; `isInvalid` when no honest client would show it, so that it is held against its prefix. */
export interface BadProof {
  readonly outcome: Outcome;
  readonly isInvalid: boolean;
}

/** A proof that is good once. */
type SingleUse = Exclude<Proof, { readonly kind: "none" }>;

/** Part of a token that its signature covers: another signature of the same would be no other token. */
const tokenInputBytes = 2 + 32 + 32 + 32;
const encoder = new TextEncoder();
const labels = {
  ticket: encoder.encode("rempart spent ticket\n"),
  token: encoder.encode("rempart spent token\n"),
  work: encoder.encode("rempart spent work\n"),
};

/** What lane E is worth. */
export const nothingShown: GoodProof = { lane: "E", claim: undefined, tickets: 0, quotaClass: 0, effort: 0 };
const bad = (outcome: Outcome): BadProof => ({ outcome, isInvalid: true });
const stale = (outcome: Outcome): BadProof => ({ outcome, isInvalid: false });

interface ProofChecksOptions {
  readonly ports: Pick<GatePorts, "clock" | "crypto" | "tokens">;
  readonly tickets: Tickets;
  readonly seeds: Seeds;
  readonly effort: Effort;
  readonly limits: Pick<GateServerLimits, "hostsTriedMax" | "clockJumpMs">;
}

/** Whether a proof is right: codec, keys, seeds, hashes. Changes nothing and remembers nothing. */
export class ProofChecks {
  readonly #options: ProofChecksOptions;

  constructor(options: ProofChecksOptions) {
    this.#options = options;
  }

  /** The proof in the first message of a connection, or nothing. */
  parse(bytes: Uint8Array): Proof | undefined {
    if (bytes.length > gateLimits.proofBytesMax) return undefined;
    try {
      return decode(proofCodec, bytes);
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  /** By what the proof is known as used, 32 bytes: to look it up before the dearer checks. */
  idOf(proof: SingleUse): Uint8Array {
    const { crypto } = this.#options.ports;
    if (proof.kind === "ticket") return crypto.sha256(joined(labels.ticket, proof.ticket));
    if (proof.kind === "token") return crypto.sha256(joined(labels.token, proof.token.subarray(0, tokenInputBytes)));
    return crypto.sha256(joined(labels.work, joined(proof.seed, proof.nonce)));
  }

  /** Checks a proof with this id, for a server known by `hosts`. */
  check(proof: SingleUse, { id, hosts }: { id: Uint8Array; hosts: readonly string[] }): GoodProof | BadProof {
    if (proof.kind === "ticket") return this.#ticket(proof.ticket, id);
    if (proof.kind === "token") return this.#token(proof.token, id);
    return this.#work(proof, { id, hosts });
  }

  #ticket(ticket: Uint8Array, id: Uint8Array): GoodProof | BadProof {
    const opened = this.#options.tickets.open(ticket, this.#options.ports.clock.now());
    if ("fault" in opened) return opened.fault === "forged" ? bad("ticket-forged") : stale("ticket-expired");
    const { rememberUntil, quotaClass } = opened;
    return { ...nothingShown, lane: "B", claim: { id, rememberUntil, isTakenUnkept: true }, tickets: 1, quotaClass };
  }

  #token(token: Uint8Array, id: Uint8Array): GoodProof | BadProof {
    const checked = this.#options.ports.tokens.check(token, this.#options.ports.clock.now());
    if ("fault" in checked) return checked.fault === "forged" ? bad("token-forged") : stale(`token-${checked.fault}`);
    const rememberUntil = checked.expiresAt + 2 * this.#options.limits.clockJumpMs;
    const tickets = gateLimits.ticketsPerVerdictMax;
    return { ...nothingShown, lane: "C", claim: { id, rememberUntil, isTakenUnkept: false }, tickets };
  }

  #work(work: Work, { id, hosts }: { id: Uint8Array; hosts: readonly string[] }): GoodProof | BadProof {
    const { ports, seeds, effort, limits } = this.#options;
    const end = seeds.endOf(work.seed, ports.clock.now());
    if (end === undefined) return stale("work-seed");
    if (work.effort < effort.leastTaken(ports.clock.elapsed())) return stale("work-low");
    const tried = hosts.slice(0, limits.hostsTriedMax);
    if (!tried.some((host) => isSolved(work, host, (bytes) => ports.crypto.sha256(bytes)))) return bad("work-wrong");
    const rememberUntil = end + 2 * limits.clockJumpMs;
    return { ...nothingShown, lane: "D", claim: { id, rememberUntil, isTakenUnkept: false }, effort: work.effort };
  }
}
