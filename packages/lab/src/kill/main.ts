import { randomInt } from "node:crypto";
import { countOption, readArguments } from "../command-line.ts";
import { type KillReport, type KillRound, runKillRounds } from "./rounds.ts";

/** `kill [--rounds N] [--seed N] [--json]`: returns 0 when no round broke a promise. */
export async function runKill(args: string[]): Promise<number> {
  const { values } = readArguments(args, {
    rounds: { type: "string" },
    seed: { type: "string" },
    json: { type: "boolean", default: false },
  });
  const rounds = countOption("rounds", values.rounds, { fallback: 200, min: 1, max: 100_000 });
  const seed = countOption("seed", values.seed, { fallback: randomInt(2 ** 32), min: 0, max: 2 ** 32 - 1 });
  const print = (event: string, value: object, text: string) => {
    if (values.json) console.log(JSON.stringify({ event, ...value }));
    else console.log(text);
  };
  print("start", { seed, rounds }, `seed ${seed}, ${rounds} rounds`);
  const report = await runKillRounds({
    rounds,
    seed,
    onRound: (round) => print("round", round, roundLine(round)),
  });
  print("end", { seed, ...report }, closingLine(seed, report));
  return report.violations.length === 0 ? 0 : 1;
}

function roundLine(round: KillRound): string {
  const startUp = round.startUpKills > 0 ? `, killed ${round.startUpKills} × while it started` : "";
  const retried = `${round.inDoubt} in doubt, tried again`;
  return [
    `round ${round.round}: killed after ${round.loadMs} ms${startUp}; ${round.acknowledged} acknowledged, ${retried}`,
    ...round.violations,
  ].join("\n  ");
}

function closingLine(seed: number, report: KillReport): string {
  const verdict =
    report.violations.length === 0
      ? "no promise broken"
      : `${report.violations.length} VIOLATIONS; the data is in ${report.dataDir}`;
  return `seed ${seed}: ${report.rounds} rounds, ${report.acknowledged} acknowledged entries, ${verdict}`;
}
