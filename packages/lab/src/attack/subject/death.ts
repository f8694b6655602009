import type { Child } from "../../process/child.ts";

/** Why a child has ended by itself, in one line; `undefined` while it runs. */
export function deathOf(child: Child): string | undefined {
  if (!child.hasEnded) return undefined;
  const lines = child.errors.split("\n").map((line) => line.trim());
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line !== "") ?? "without a word";
}
