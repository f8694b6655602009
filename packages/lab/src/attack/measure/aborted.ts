import { newTally } from "../hostile/tally.ts";
import type { RunSettings } from "../settings.ts";
import type { AttackResult } from "./result.ts";

/** The line of a run that was given up: it says why, and nothing else. */
export function abortedResult({ attack, ratio, isTls, subject, setup }: RunSettings, why: string): AttackResult {
  return {
    attack,
    ratio,
    tls: isTls,
    against: subject,
    setup,
    lanes: {},
    reactMs: null,
    recoverMs: null,
    strangersAheadShare: null,
    cpuPerRefusalUs: null,
    cpuPerInvalidProofUs: null,
    proofCostUs: null,
    kibPerUnadmitted: null,
    falseRefusals: 0,
    lost: 0,
    reused: 0,
    generatorCpu: 0,
    valid: false,
    why,
    died: null,
    subjectCpu: 0,
    quietSubjectCpu: 0,
    otherCpu: 0,
    disk: null,
    again: null,
    hostilePerSecond: 0,
    worstMode: null,
    effortMax: null,
    returned: null,
    busy: { A: 0, B: 0, C: 0, D: 0 },
    evidence: null,
    tally: newTally(),
    counters: {},
    note: "",
  };
}
