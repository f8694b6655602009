import { type Figure, figuresOf, ratioFigure, type Sample, type Scenario } from "./figure.ts";

/** Runs every variant `repetitions` times in turn, so that a slow minute of the machine hits all alike. */
export async function measure(
  bench: string,
  scenario: Scenario,
  options: { readonly repetitions: number; readonly onProgress: (text: string) => void },
): Promise<Figure[]> {
  const samples = new Map<string, Sample[]>(scenario.variants.map(({ name }) => [name, []]));
  try {
    for (let repetition = 1; repetition <= options.repetitions; repetition++) {
      for (const variant of scenario.variants) {
        options.onProgress(`${bench}: ${variant.name}, repetition ${repetition} of ${options.repetitions}`);
        samples.get(variant.name)?.push(await variant.run());
      }
    }
  } finally {
    await scenario.close?.();
  }
  const figures = scenario.variants.flatMap((variant) => figuresOf(bench, variant, samples.get(variant.name) ?? []));
  return [...figures, ...(scenario.ratios ?? []).map((ratio) => ratioFigure(bench, ratio, samples))];
}
