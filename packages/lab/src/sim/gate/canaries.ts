/** Gates that are broken on purpose, in ways that the simulation must notice. */
import type { GateServerLimits } from "@rempart/gate";

export const gateCanaryNames = [
  "gate-forgets-spent",
  "gate-serves-by-arrival",
  "gate-keeps-effort",
  "gate-keeps-mode",
  "gate-keeps-prefixes",
] as const;
export type GateCanaryName = (typeof gateCanaryNames)[number];

export function isGateCanaryName(name: string): name is GateCanaryName {
  return (gateCanaryNames as readonly string[]).includes(name);
}

/** The limits that make a gate this canary; none for one whose fault lies elsewhere. */
export function canaryLimits(canary: GateCanaryName | undefined): Partial<GateServerLimits> {
  if (canary === "gate-keeps-effort") return { effortSinkPercent: 0 };
  if (canary === "gate-keeps-mode") return { modeCleanMs: Number.POSITIVE_INFINITY };
  if (canary === "gate-keeps-prefixes") return { prefixesMax: Number.POSITIVE_INFINITY };
  return {};
}
