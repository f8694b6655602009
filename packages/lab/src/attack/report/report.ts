import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { attackNames, attacks } from "../attacks.ts";
import type { AttackResult } from "../measure/result.ts";
import { curvesOf } from "./curves.ts";
import { type Curve, reportOf } from "./markdown.ts";
import { type KeptResult, machineLine, merged, readKept } from "./store.ts";

/** From so many ratios on a curve says more than a table. */
const curveRatiosMin = 3;

/**
 * Writes the report to `file`, and beside it, in a folder of the same name, the results (`results.jsonl`) and the curves.
 * Results of earlier runs stay in it unless the same run was made again.
 */
export function writeReport(file: string, results: readonly AttackResult[]): void {
  const folder = join(dirname(file), basename(file, extname(file)));
  mkdirSync(folder, { recursive: true });
  const kept = join(folder, "results.jsonl");
  const measuredOn = new Date().toISOString().slice(0, 10);
  const machine = machineLine();
  const all = merged(
    readKept(kept),
    results.map((result) => ({ ...result, measuredOn, machine })),
  );
  writeFileSync(kept, all.map((result) => `${JSON.stringify(result)}\n`).join(""));
  writeFileSync(file, reportOf(all, writeCurves(folder, all)));
}

function writeCurves(folder: string, results: readonly KeptResult[]): Curve[] {
  const valid = results.filter(({ against, valid, tls }) => against === "rempart" && valid && tls);
  // A run without an attacker is the same for every attack.
  const calm = valid.filter(({ ratio }) => ratio === 0).slice(0, 1);
  return attackNames.flatMap((attack) => {
    const runs = [...calm, ...valid.filter((run) => run.attack === attack && run.ratio > 0)];
    if (runs.length < curveRatiosMin) return [];
    const name = `${attack}.svg`;
    writeFileSync(join(folder, name), curvesOf(`${attacks[attack].number} ${attacks[attack].title}`, runs));
    return [{ attack, path: `${basename(folder)}/${name}` }];
  });
}
