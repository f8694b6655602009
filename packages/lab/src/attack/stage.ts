import { Helper } from "./helper.ts";
import type { Transaction } from "./honest/ledger.ts";
import type { Refusals } from "./honest/load.ts";
import type { RivalSettings } from "./honest/rival-worker.ts";
import type { HonestQuestions, HonestSettings } from "./honest/worker.ts";
import type { Supplies } from "./hostile/field.ts";
import { honestLanes, type Rates, type RunSettings, transactionMsMax } from "./settings.ts";
import { type Certificate, makeCertificate } from "./subject/certificate.ts";
import { startRempart } from "./subject/rempart.ts";
import { startRival } from "./subject/rival.ts";
import type { Subject } from "./subject/subject.ts";

/** The honest side of a run, whatever protocol it speaks. */
export interface Honest {
  start(): Promise<void>;
  cease(): Promise<void>;
  /** All that have ended since the last time. */
  transactions(): Promise<readonly Transaction[]>;
  /** How long each of the crowd took to come back. Milliseconds. */
  returnAll(): Promise<readonly number[]>;
  finish(): Promise<HonestEnd>;
}

/** What the honest side knows at the end. */
export interface HonestEnd {
  /** Acknowledged messages that are not where they should be. */
  readonly lost: number;
  readonly refusals: Refusals;
  /** When honest clients dialled. Milliseconds since the Unix epoch. */
  readonly dials: readonly number[];
}

/** A subject that runs, honest clients that are connected, and what members among the attackers have. */
export interface Stage {
  readonly subject: Subject;
  readonly honest: Honest;
  readonly supplies: Supplies;
  /** Process of the honest clients. */
  readonly honestPid: number;
  /** For files of the run; gone after it. */
  readonly directory: string;
  /** What went wrong that should not, so far. */
  readonly troubles: string[];
  close(): Promise<void>;
}

/** Tokens for attackers who are members: each of them once, so that an attack from inside lasts. */
const hostileTokens = 400;
/** Of a rival's crowd, whose clients sign in one after the other. */
const rivalCrowdMax = 200;

/** Makes everything ready that one run needs, in `directory`. */
export function openStage(settings: RunSettings, directory: string): Promise<Stage> {
  const certificate = settings.isTls ? makeCertificate(directory) : undefined;
  const crowd = settings.attack === "pulses" ? settings.crowd : 0;
  return settings.subject === "rempart"
    ? openRempartStage(settings, { directory, certificate, crowd })
    : openRivalStage(settings, settings.subject, { directory, certificate, crowd: Math.min(crowd, rivalCrowdMax) });
}

interface Premises {
  readonly directory: string;
  readonly certificate: Certificate | undefined;
  readonly crowd: number;
}

async function openRempartStage(settings: RunSettings, { directory, certificate, crowd }: Premises): Promise<Stage> {
  const subject = await startRempart(directory, { certificate });
  const { target, inviteSecret, issuer } = subject;
  const { rates, seed } = settings;
  const tokens = issuer.tokens(tokensOf(settings, crowd));
  const honestSettings: HonestSettings = { target, inviteSecret, rates, tokens, crowd, seed };
  const troubles: string[] = [];
  const honest = new Helper<HonestQuestions, string>(new URL("./honest/worker.ts", import.meta.url), honestSettings);
  honest.onNews = (text) => troubles.push(text);
  const close = closing(honest, subject);
  try {
    const log = await honest.ask("settle");
    const supplies = { tokens: issuer.tokens(hostileTokens), log };
    return { subject, honest: overHelper(honest), supplies, honestPid: honest.pid, directory, troubles, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openRivalStage(
  { setup, rates, seed }: RunSettings,
  name: Exclude<RunSettings["subject"], "rempart">,
  { directory, certificate, crowd }: Premises,
): Promise<Stage> {
  const subject = await startRival(directory, { name, setup, certificate });
  const { target, dialect } = subject;
  const rivalSettings: RivalSettings = { target, dialect, rates: rivalRates(rates), crowd, seed };
  const honest = new Helper<HonestQuestions, string>(
    new URL("./honest/rival-worker.ts", import.meta.url),
    rivalSettings,
  );
  const close = closing(honest, subject);
  try {
    await honest.ask("settle");
    return {
      subject,
      honest: overHelper(honest),
      supplies: { tokens: [], log: undefined },
      honestPid: honest.pid,
      directory,
      troubles: [],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Nobody has tokens there: who would be in lane C comes as one who returns. */
function rivalRates({ A, B, C, D }: Rates): Rates {
  return { A, B: B + C, C: 0, D };
}

function closing(honest: Helper<HonestQuestions, string>, subject: Subject): () => Promise<void> {
  return async () => {
    await honest.end();
    await subject.stop();
  };
}

function overHelper(helper: Helper<HonestQuestions, string>): Honest {
  return {
    start: () => helper.ask("start"),
    cease: () => helper.ask("cease"),
    transactions: () => helper.ask("transactions"),
    returnAll: () => helper.ask("returnAll"),
    finish: () => helper.ask("finish"),
  };
}

/** One for each transaction in lane C, for each who returns, and for each in the crowd, and some to spare. */
function tokensOf({ phases, rates }: RunSettings, crowd: number): number {
  const seconds = phases.quiet + phases.attack + phases.after;
  const returning = Math.ceil((rates.B * transactionMsMax * 1.5) / 1_000);
  return Math.ceil(1.2 * rates.C * seconds) + returning + crowd + 16 * honestLanes.length;
}
