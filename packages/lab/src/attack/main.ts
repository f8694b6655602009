import { countOption, numberOption, readArguments } from "../command-line.ts";
import { LabError } from "../lab-error.ts";
import { type AttackName, attackNames, attackOf } from "./attacks.ts";
import { planOf, type Wish } from "./plan.ts";
import { lineOf } from "./report/lines.ts";
import { writeReport } from "./report/report.ts";
import { runSeries } from "./series.ts";
import {
  type Phases,
  type Rates,
  ratesDefault,
  type SetupName,
  type SubjectName,
  setupNames,
  subjectNames,
} from "./settings.ts";

const ratioMax = 1_000;
const secondsMax = 600;
const crowdDefault = 2_000;
const crowdMax = 5_000;

/**
 * `attack [NAME…|all]`: runs attacks one after the other and prints a table, or with `--json` one object a line. With `--report
 * FILE` each result is kept beside the report, and the report written anew, as soon as it is there; without names the report is all.
 * Returns 0 when everything ran to its end, whatever came of it.
 */
export async function runAttack(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    json: { type: "boolean", default: false },
    tls: { type: "boolean", default: false },
    plain: { type: "boolean", default: false },
    ratio: { type: "string" },
    seconds: { type: "string" },
    against: { type: "string" },
    setup: { type: "string" },
    rates: { type: "string" },
    crowd: { type: "string" },
    seed: { type: "string" },
    report: { type: "string" },
    force: { type: "boolean", default: false },
  });
  const names = namesOf(positionals);
  const runs = planOf({
    names,
    isAll: positionals.includes("all"),
    ratios: values.ratio === undefined ? undefined : numbersOf("ratio", values.ratio, ratioMax),
    phases: values.seconds === undefined ? undefined : phasesOf(values.seconds),
    subjects: subjectsOf(values.against),
    setups: values.setup === undefined ? undefined : choicesOf("setup", values.setup, setupNames),
    isTls: isTls(values, positionals),
    rates: values.rates === undefined ? ratesDefault : ratesOf(values.rates),
    seed: countOption("seed", values.seed, { fallback: 1, min: 0, max: 0xffff_ffff }),
    crowd: countOption("crowd", values.crowd, { fallback: crowdDefault, min: 0, max: crowdMax }),
    isForced: values.force,
  } satisfies Wish);
  if (runs.length === 0 && values.report === undefined) {
    throw new LabError("ERR_USAGE", `name attacks (${attackNames.join(", ")}) or "all"`);
  }
  const { report, json } = values;
  if (report !== undefined) writeReport(report, []);
  const isWhole = await runSeries(runs, (result) => {
    console.log(json ? JSON.stringify(result) : lineOf(result));
    if (report !== undefined) writeReport(report, [result]);
  });
  return isWhole ? 0 : 1;
}

function namesOf(positionals: readonly string[]): AttackName[] {
  if (positionals.includes("all")) return attackNames;
  return positionals.map((text) => {
    const name = attackOf(text);
    if (name === undefined) {
      throw new LabError("ERR_USAGE", `no attack is called "${text}"; there are ${attackNames.join(", ")}, and "all"`);
    }
    return name;
  });
}

/** `all` is with TLS unless it is asked for plain, because that is what is promised; a single attack is what it is asked for. */
function isTls({ tls, plain }: { tls: boolean; plain: boolean }, positionals: readonly string[]): boolean {
  if (tls && plain) throw new LabError("ERR_USAGE", "--tls and --plain exclude each other");
  return tls || (positionals.includes("all") && !plain);
}

function numbersOf(option: string, text: string, max: number): number[] {
  return text.split(",").map((each) => numberOption(option, each, { fallback: 0, min: 0, max }));
}

function phasesOf(text: string): Phases {
  const [quiet, attack, after, ...others] = numbersOf("seconds", text, secondsMax);
  if (quiet === undefined || attack === undefined || after === undefined || others.length > 0) {
    throw new LabError("ERR_USAGE", "--seconds takes three numbers: quiet, attack, after");
  }
  return { quiet, attack, after };
}

function ratesOf(text: string): Rates {
  const [A, B, C, D, ...others] = numbersOf("rates", text, 100);
  if (A === undefined || B === undefined || C === undefined || D === undefined || others.length > 0) {
    throw new LabError("ERR_USAGE", "--rates takes four numbers: transactions a second in lanes A, B, C and D");
  }
  return { A, B, C, D };
}

function subjectsOf(text: string | undefined): readonly SubjectName[] {
  if (text === undefined) return ["rempart"];
  return text === "all" ? subjectNames : choicesOf("against", text, subjectNames);
}

function choicesOf<T extends SetupName | SubjectName>(option: string, text: string, choices: readonly T[]): T[] {
  return text.split(",").map((each) => {
    const choice = choices.find((one) => one === each);
    if (choice === undefined) throw new LabError("ERR_USAGE", `--${option} takes ${choices.join(", ")}, not "${each}"`);
    return choice;
  });
}
