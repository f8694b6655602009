/** Lines of the OpenMetrics text format, version 1.0. */

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

/** A value that goes up and down. */
export function gauge(name: string, help: string, samples: number | readonly Sample[]): string[] {
  return [`# TYPE ${name} gauge`, `# HELP ${name} ${help}`, ...lines(name, samples)];
}

/** A count since the start. */
export function counter(name: string, help: string, samples: number | readonly Sample[]): string[] {
  return [`# TYPE ${name} counter`, `# HELP ${name} ${help}`, ...lines(`${name}_total`, samples)];
}

/** Which one of a few states it is in. */
export function stateSet<T extends string>(name: string, help: string, states: readonly T[], current: T): string[] {
  const samples = states.map((state): Sample => [{ [name]: state }, state === current ? 1 : 0]);
  return [`# TYPE ${name} stateset`, `# HELP ${name} ${help}`, ...lines(name, samples)];
}

function lines(name: string, samples: number | readonly Sample[]): string[] {
  if (typeof samples === "number") return [`${name} ${samples}`];
  return samples.map(([labels, value]) => `${name}{${labelText(labels)}} ${value}`);
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`))}"`)
    .join(",");
}
