import { type Spread, spreadOf } from "../statistics.ts";

/** One number that one repetition gave. */
export interface Measurement {
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
}

/** What one repetition of one variant gave. */
export interface Sample {
  readonly measurements: readonly Measurement[];
  /** Cores used in the measured time by the generator, by what was measured, and by others on the machine. */
  readonly generatorCpu?: number;
  readonly serverCpu?: number;
  readonly otherCpu?: number;
}

/** Something that is measured the same way each time. */
export interface Variant {
  readonly name: string;
  /** What a reader must know to judge the figures: durability, layout, what was counted. */
  readonly notes: readonly string[];
  /** Set where the generator may be busier than {@link generatorCpuMax}, and says why that is no harm. */
  readonly whyBusyGeneratorIsFine?: string;
  /** Cores that the measured server may use: when it has filled them, it is what limits the figure. */
  readonly serverCores?: number;
  run(): Promise<Sample>;
}

/** A figure of one variant divided by one of another, repetition by repetition. */
export interface Ratio {
  readonly name: string;
  readonly metric: string;
  readonly over: readonly [variant: string, metric: string];
  readonly under: readonly [variant: string, metric: string];
}

export interface Scenario {
  readonly variants: readonly Variant[];
  readonly ratios?: readonly Ratio[];
  /** Ends what the variants share. */
  close?(): Promise<void>;
}

/** One line of the result. `void` says why the figure does not count. */
export interface Figure extends Spread {
  readonly bench: string;
  readonly variant: string;
  readonly metric: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly generatorCpu: number | null;
  readonly serverCpu: number | null;
  readonly otherCpu: number | null;
  readonly void: string | null;
  readonly notes: readonly string[];
}

/** Above this share of its core the generator may be what limits the figure. */
export const generatorCpuMax = 0.8;
/** From this share of its cores on, a server is full. */
const fullServerCpu = 0.97;

/** Turns the repetitions of one variant into figures, one a metric. */
export function figuresOf(bench: string, variant: Variant, samples: readonly Sample[]): Figure[] {
  const generatorCpu = meanOf(samples.map((sample) => sample.generatorCpu));
  const serverCpu = meanOf(samples.map((sample) => sample.serverCpu));
  const otherCpu = meanOf(samples.map((sample) => sample.otherCpu));
  const isBusy = generatorCpu !== null && generatorCpu > generatorCpuMax;
  const excuse = isBusy ? excuseOf(variant, serverCpu) : undefined;
  const notes = excuse === undefined ? variant.notes : [...variant.notes, excuse];
  const voidReason = isBusy && excuse === undefined ? `generator above ${generatorCpuMax * 100} % of its core` : null;
  return (samples[0]?.measurements ?? []).map(({ metric, unit }) => {
    const values = valuesOf(samples, metric);
    const spread = spreadOf(values);
    return {
      bench,
      variant: variant.name,
      metric,
      unit,
      ...spread,
      values,
      generatorCpu,
      serverCpu,
      otherCpu,
      void: voidReason,
      notes,
    };
  });
}

/** Why a figure counts although the generator was busy. */
function excuseOf({ whyBusyGeneratorIsFine, serverCores }: Variant, serverCpu: number | null): string | undefined {
  const isFull = serverCores !== undefined && serverCpu !== null && serverCpu >= fullServerCpu * serverCores;
  return isFull
    ? "the generator was busy, but the server had filled its own cores: the figure is the server's"
    : whyBusyGeneratorIsFine;
}

/** A ratio's figure, from the repetitions of both sides. */
export function ratioFigure(bench: string, ratio: Ratio, samples: ReadonlyMap<string, readonly Sample[]>): Figure {
  const over = valuesOf(samples.get(ratio.over[0]) ?? [], ratio.over[1]);
  const under = valuesOf(samples.get(ratio.under[0]) ?? [], ratio.under[1]);
  const values = over.map((value, i) => value / (under[i] ?? Number.NaN));
  const { name: variant, metric } = ratio;
  const empty = { generatorCpu: null, serverCpu: null, otherCpu: null, void: null, notes: [] };
  return { bench, variant, metric, unit: "×", ...spreadOf(values), values, ...empty };
}

function valuesOf(samples: readonly Sample[], metric: string): number[] {
  return samples.flatMap(({ measurements }) => measurements.filter((m) => m.metric === metric).map((m) => m.value));
}

function meanOf(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
