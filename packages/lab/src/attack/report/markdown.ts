import { type AttackName, attackNames, attacks } from "../attacks.ts";
import { type HonestLane, honestLanes, setupNames, subjectNames } from "../settings.ts";
import { type BarRow, barOf } from "./bar.ts";
import { type Comparison, comparisonsOf, sharedLanes } from "./compare.ts";
import { ms, percent, runName } from "./lines.ts";
import type { KeptResult } from "./store.ts";

/** Which attacks have enough ratios for a curve: name and the path of its picture beside the report. */
export interface Curve {
  readonly attack: AttackName;
  readonly path: string;
}

/** The whole report. Everything in it that is a figure, and every claim about who did better, comes from `results`. */
export function reportOf(results: readonly KeptResult[], curves: readonly Curve[]): string {
  const own = results.filter(({ against }) => against === "rempart");
  const sections = [
    "# Under siege",
    verdictOn(results),
    measuredHow(results),
    "## What was to be reached, and what was\n",
    barTable(barOf(results)),
    "## The fifteen attacks\n",
    attackTable(own),
    ...voids(results),
    ...(curves.length === 0 ? [] : ["## Over the ratio\n", ...curves.map(curveSection)]),
    ...rivalSection(results),
    limitsOfOneHost,
    regenerating,
  ];
  return `${sections.join("\n").replace(/\n{3,}/g, "\n\n")}\n`;
}

/** The first paragraph: where rivals did better, before anything else. */
function verdictOn(results: readonly KeptResult[]): string {
  const comparisons = comparisonsOf(results);
  if (comparisons.length === 0)
    return "\nNothing is compared here yet: there are no runs of the same attack against Rempart and a rival.\n";
  const won = comparisons.filter(({ better }) => better === "rival");
  const lost = comparisons.filter(({ better }) => better === "rempart");
  const even = comparisons.length - won.length - lost.length;
  const rest = `Rempart did better in ${lost.length}, and ${even} made no difference.`;
  if (won.length === 0)
    return `\nIn none of ${comparisons.length} comparisons (one attack, one lane, one set-up each) did a rival do better than Rempart. ${rest}\n`;
  return `\n**Rivals did better in ${won.length} of ${comparisons.length} comparisons** (one attack, one lane, one set-up each): ${listed(won)}. ${rest}\n`;
}

function listed(won: readonly Comparison[]): string {
  const bySetup = new Map<string, Map<string, string[]>>();
  for (const { rival, lane, by } of won) {
    const subject = `${rival.against} (${rival.setup})`;
    const byAttack = bySetup.get(subject) ?? new Map<string, string[]>();
    byAttack.set(rival.attack, [...(byAttack.get(rival.attack) ?? []), `${lane} by ${by}`]);
    bySetup.set(subject, byAttack);
  }
  return [...bySetup]
    .map(([subject, byAttack]) => {
      const parts = [...byAttack].map(([attack, lanes]) => `${attack} (${lanes.join(", ")})`);
      return `${subject} in ${parts.join(", ")}`;
    })
    .join("; ");
}

function measuredHow(results: readonly KeptResult[]): string {
  const machines = [...new Set(results.map(({ machine }) => machine))];
  const days = [...new Set(results.map(({ measuredOn }) => measuredOn))].sort();
  return `Measured on ${days.join(", ")}; ${machines.join("; ")}. The server has core 0 to itself, attackers and honest clients
share core 1, over the loopback. Honest clients are the SDK's own connection code, each from a /24 of its own, all in one network of the
make-believe table; attackers come from 128 others. About twenty whole
transactions a second: connect or resume, prove, send 400 bytes, the recipient has them, durable acknowledgement; failed after
ten seconds. Lane A stays connected, B returns with a ticket, C comes with a fresh token, D with nothing but work. A ratio of 50
is 1,000 hostile attempts a second. A run counts only when its quiet phase was quiet, the generator used at most 80 % of its
core, and waits of a tenth of a second and more for the disk took at most a hundredth of the time (4 KiB are made durable twenty times a
second beside the server's data: an acknowledgement waits for the same disk, and on a virtual machine others use it too). CPU per refusal is what the server used above quiet, divided by the connections that ended unadmitted: with TLS
that includes every handshake the attackers were given. Goodput is of the time of the attack; a p99 of a lane with few
transactions is close to its maximum.\n`;
}

function barTable(rows: readonly BarRow[]): string {
  const mark = ({ isMet }: BarRow) => (isMet === undefined ? "–" : isMet ? "met" : "**missed**");
  return table(
    ["figure", "to reach", "measured", ""],
    rows.map((row) => [row.figure, row.toReach, row.measured, mark(row)]),
  );
}

function attackTable(own: readonly KeptResult[]): string {
  const runs = own
    .filter(({ valid, ratio }) => valid && ratio > 0)
    .sort((a, b) => attackNames.indexOf(a.attack) - attackNames.indexOf(b.attack) || a.ratio - b.ratio);
  if (runs.length === 0) return "No valid run yet.\n";
  const header = ["attack", "ratio", "", ...honestLanes.map((lane) => `${lane}: goodput, p99 (quiet)`)];
  const more = ["reacted", "recovered", "mode", "µs per refusal", "server", "generator", "longest wait for the disk"];
  const rows = runs.map((run) => [
    `${attacks[run.attack].number} ${attacks[run.attack].title}`,
    String(run.ratio),
    run.tls ? "TLS" : "plain",
    ...honestLanes.map((lane) => laneCell(run, lane)),
    ms(run.reactMs),
    ms(run.recoverMs),
    run.died === null ? (run.worstMode ?? "–") : "died",
    run.cpuPerRefusalUs === null ? "–" : String(Math.round(run.cpuPerRefusalUs)),
    percent(run.subjectCpu),
    percent(run.generatorCpu),
    ms(run.disk?.waitMsMax ?? null),
  ]);
  return table([...header, ...more], rows);
}

function laneCell(run: KeptResult, lane: HonestLane): string {
  const figures = run.lanes[lane];
  if (figures === undefined) return "–";
  return `${percent(figures.goodput)}, ${ms(figures.p99Ms)} (${ms(figures.quietP99Ms)})`;
}

function voids(results: readonly KeptResult[]): string[] {
  return [
    ...reasons("Runs that do not count, and why:\n", results, ({ valid, why }) => (valid ? null : why)),
    ...reasons("Runs that were made once more, and why:\n", results, ({ again }) => again),
  ];
}

function reasons(title: string, results: readonly KeptResult[], of: (result: KeptResult) => string | null): string[] {
  const lines = results.flatMap((result) => {
    const reason = of(result);
    return reason === null ? [] : [`- ${runName(result)}: ${reason}`];
  });
  return lines.length === 0 ? [] : [title, `${lines.join("\n")}\n`];
}

function curveSection({ attack, path }: Curve): string {
  const { number, title } = attacks[attack];
  return `![${number}, ${title}: goodput and p99 by lane over the ratio](${path})\n`;
}

function rivalSection(results: readonly KeptResult[]): string[] {
  const rivals = results.filter(({ against, valid }) => against !== "rempart" && valid);
  if (rivals.length === 0) return [];
  const parts = ["## The same arms against others\n", comparedHow, notesOf(rivals)];
  for (const attack of attackNames) {
    const runs = results.filter((run) => run.attack === attack && run.valid && run.ratio > 0);
    if (!runs.some(({ against }) => against !== "rempart")) continue;
    const sorted = [...runs].sort((a, b) => rank(a) - rank(b));
    parts.push(`### ${attacks[attack].number} ${attacks[attack].title}\n`, rivalTable(sorted));
  }
  return parts;
}

function rank({ against, setup, ratio, tls }: KeptResult): number {
  return 1_000 * subjectNames.indexOf(against) + 100 * setupNames.indexOf(setup) + (tls ? 0 : 50) + ratio / 1_000;
}

const comparedHow = `Set up as Debian packages them, hardened by their own means, and hardened behind HAProxy; with the same kind of certificate
(ECDSA P-256), backlog and descriptors, on the same core. HAProxy shares that core. They have no tickets and no tokens: their lane B comes back
with a TLS session, their lane D without one. They are better when their goodput is by more than half a percentage point, or,
where that makes no difference, when their p99 is lower by more than a tenth of a second and a fifth of the larger. None of them
syncs a message to the disk before it acknowledges; Rempart does.
`;

function notesOf(rivals: readonly KeptResult[]): string {
  const notes = new Map(rivals.map(({ against, setup, note }) => [`${against} (${setup})`, note]));
  return `${[...notes].map(([subject, note]) => `- ${subject}: ${note}`).join("\n")}\n`;
}

function rivalTable(runs: readonly KeptResult[]): string {
  const header = [
    "",
    "ratio",
    "",
    ...sharedLanes.map((lane) => `${lane}: goodput, p99 (quiet)`),
    "recovered",
    "µs per refusal",
    "KiB per unadmitted",
    "lost",
  ];
  const rows = runs.map((run) => [
    run.against === "rempart" ? "**Rempart**" : `${run.against} (${run.setup})`,
    String(run.ratio),
    run.tls ? "TLS" : "plain",
    ...sharedLanes.map((lane) => laneCell(run, lane)),
    run.died === null ? ms(run.recoverMs) : "died",
    run.cpuPerRefusalUs === null ? "–" : String(Math.round(run.cpuPerRefusalUs)),
    run.kibPerUnadmitted === null ? "–" : String(run.kibPerUnadmitted),
    String(run.lost),
  ]);
  return table(header, rows);
}

const limitsOfOneHost = `## What this does not show

The attackers here have one core, and so has the server: what is compared is what each costs the other. One host does not hold
260,000 junk requests a second (LIHKG, 2019), which need the kernel or HAProxy in front, nor 200 to 400 Gb/s (Telegram's figure of
2019), which need many edges or a scrubbing network: see [operating.md](operating.md).

Who waits while members turn hostile, where the time goes, what was tried, and which runs were made again: [the first second](siege/first-second.md).
`;

const regenerating = `## Again

\`npx rempart-lab attack all --report docs/siege.md\` attacks Rempart; with \`--against ejabberd,prosody,mosquitto\` as well, the others.
Results are kept in \`docs/siege/results.jsonl\`, where a new one replaces the old one of the same run; without names the command writes only
this report and its curves anew.
`;

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return `${[line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}
