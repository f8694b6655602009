import type { GateMode } from "@rempart/protocol";
import type { DialectName } from "../hostile/dialects.ts";
import type { SetupName, SubjectName } from "../settings.ts";
import type { Target } from "../target.ts";

/** What a subject says of itself at one moment. */
export interface GateSample {
  readonly mode: GateMode;
  /** Connections open that are not admitted. */
  readonly unadmitted: number;
  /** Effort that newcomers are asked for. */
  readonly effort: number;
  /** Connections that ended before admission, since the start, for whatever reason. */
  readonly lost: number;
  /** Those of them that the gate ended, rather than who had come. */
  readonly refusals: number;
  /** All counters of the gate since the start, by their names and labels as published. */
  readonly counters: Readonly<Record<string, number>>;
}

/** A running server under attack. */
export interface Subject {
  readonly name: SubjectName;
  readonly setup: SetupName;
  /** What a reader must know: durability, what hardens it. */
  readonly note: string;
  readonly target: Target;
  readonly dialect: DialectName;
  /** Processes whose CPU and memory are the subject's. */
  readonly pids: readonly number[];
  /** Asks it how it is, where it can say. */
  sample?(): Promise<GateSample>;
  /** Lets it collect its garbage, where that can be asked for, so that memory held can be told from memory not freed yet. */
  collectGarbage?(): void;
  /** What ended it, if it ended by itself. */
  death(): string | undefined;
  stop(): Promise<void>;
}
