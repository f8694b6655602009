import type { GateMode } from "@rempart/protocol";
import type { AttackName } from "../attacks.ts";
import type { Tally } from "../hostile/tally.ts";
import type { HonestLane, SetupName, SubjectName } from "../settings.ts";
import type { DiskFigures } from "./disk.ts";

/** One lane in one run. Goodput is the share, 0 to 1, of the transactions due during the attack that were done within ten seconds. */
export interface LaneResult {
  readonly transactions: number;
  readonly goodput: number;
  readonly failures: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
  readonly quietGoodput: number;
  readonly quietP99Ms: number | null;
}

/** One line of `--json`. `null` is what could not be measured, or never happened. */
export interface AttackResult {
  readonly attack: AttackName;
  readonly ratio: number;
  readonly tls: boolean;
  readonly against: SubjectName;
  readonly setup: SetupName;
  readonly lanes: Readonly<Partial<Record<HonestLane, LaneResult>>>;
  /** From the start of the attack until the subject is on its guard, or begins to refuse. */
  readonly reactMs: number | null;
  /** From the end of the attack until goodput and p99 of all lanes, and the connections not admitted, are as before. */
  readonly recoverMs: number | null;
  readonly cpuPerRefusalUs: number | null;
  /** The check alone, without the connection that brings it. */
  readonly cpuPerInvalidProofUs: number | null;
  /** The same for each kind of proof; the figure above is their mean. */
  readonly proofCostUs: Readonly<Record<string, number>> | null;
  readonly kibPerUnadmitted: number | null;
  /** Of the handshakes begun while a member waited for his, those of others, attackers or not. 0 to 1. */
  readonly strangersAheadShare: number | null;
  readonly falseRefusals: number;
  readonly lost: number;
  readonly reused: number;
  /** Share of its core that the generator used during the attack, 0 to 1. */
  readonly generatorCpu: number;
  readonly valid: boolean;
  /** Why it is not valid. */
  readonly why: string | null;
  /** What ended the server under attack, if it did not live to the end: then nothing is known of messages lost. */
  readonly died: string | null;
  readonly subjectCpu: number;
  readonly quietSubjectCpu: number;
  readonly otherCpu: number;
  /** The disk that the subject's data is on, from the attack's start to the end of the run. */
  readonly disk: DiskFigures | null;
  /** Why the same run was made before and did not count; `null` when this is the first. */
  readonly again: string | null;
  /** Hostile attempts a second that were made. */
  readonly hostilePerSecond: number;
  readonly worstMode: GateMode | null;
  readonly effortMax: number | null;
  readonly returned: { readonly count: number; readonly p50Ms: number; readonly allMs: number | null } | null;
  readonly busy: Readonly<Record<HonestLane, number>>;
  /** Connections that the gate says have come since the attack began, and those that attackers and honest clients made. */
  readonly evidence: { readonly published: number; readonly own: number } | null;
  /** What the attackers counted, and by how much the subject's own counters went up. */
  readonly tally: Tally;
  readonly counters: Readonly<Record<string, number>>;
  readonly note: string;
}
