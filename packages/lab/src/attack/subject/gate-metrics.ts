import type { GateMode } from "@rempart/protocol";
import type { GateSample } from "./subject.ts";

const samplePattern = /^(rempart_gate_[a-z_]+)(?:\{(.*)\})? (\S+)$/;
const modes: readonly GateMode[] = ["normal", "guarded", "siege"];

/** What the published metrics (OpenMetrics text) say of the gate. */
export function gateSampleOf(text: string): GateSample {
  const values: Record<string, number> = {};
  for (const line of text.split("\n")) {
    const [, name, labels = "", value] = samplePattern.exec(line) ?? [];
    if (name !== undefined) values[labels === "" ? name : `${name}{${labels}}`] = Number(value);
  }
  const sumOf = (pattern: RegExp) =>
    Object.entries(values).reduce((sum, [name, value]) => (pattern.test(name) ? sum + value : sum), 0);
  const counters = Object.entries(values).filter(([name]) => /_total(\{|$)/.test(name));
  return {
    mode: modes.find((mode) => values[`rempart_gate_mode{rempart_gate_mode="${mode}"}`] === 1) ?? "normal",
    unadmitted: sumOf(/^rempart_gate_connections\{.*"(accept|peek|tls|head|proof)"/),
    effort: values.rempart_gate_effort ?? 0,
    lost: sumOf(/^rempart_gate_lost_total/),
    refusals: sumOf(/^rempart_gate_lost_total\{outcome="(?!website|[a-z]+-reset)/),
    counters: Object.fromEntries(counters),
  };
}
