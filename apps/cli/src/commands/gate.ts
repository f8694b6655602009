/** Questions to a running server's gate, over its admin port. */
import type { Command, Context } from "../command.ts";
import { CliError } from "../failure.ts";

const adminDefault = "http://127.0.0.1:8081";
const adminOption = {
  type: "string",
  value: "URL",
  help: `the server's admin port, as it printed it (default ${adminDefault})`,
} as const;

/** How long the server may take to answer, milliseconds. */
const answerMs = 10_000;

const showCommand: Command = {
  name: "gate show",
  usage: "[--admin URL]",
  summary: "Show how hard pressed a server's gate is, and why.",
  options: { admin: adminOption },
  positionals: { min: 0, max: 0 },
  run: runShow,
};

const explainCommand: Command = {
  name: "gate explain",
  usage: "ADDRESS [--admin URL]",
  summary: "Show what a server's gate would do to an address now, and why.",
  details: ["The admin page of the server, URL/gate, asks the same in a browser."],
  options: { admin: adminOption },
  positionals: { min: 1, max: 1 },
  run: runExplain,
};

export const gateCommands: readonly Command[] = [showCommand, explainCommand];

interface GateState {
  readonly mode: string;
  readonly reason: string;
  readonly effort: number;
  readonly open: Readonly<Record<string, number>>;
  readonly browsing: number;
  readonly lanes: readonly { readonly lane: string; readonly admitted: number; readonly refused: number }[];
  readonly perSecond: Readonly<Record<string, number>>;
}

async function runShow(context: Context): Promise<void> {
  const { mode, reason, effort, open, browsing, lanes, perSecond } = (await ask(context, "/gate.json")) as GateState;
  const lines = [
    `${context.output.style("bold", mode)}${reason === "" ? "" : `: ${reason}`}; effort ${effort}`,
    `Open now: ${Object.entries(open)
      .map(([stage, count]) => `${count} ${stage}`)
      .join(", ")}, ${browsing} website`,
    `In the last second: ${Object.entries(perSecond)
      .map(([what, count]) => `${count} ${what}`)
      .join(", ")}`,
    ...lanes.map(({ lane, admitted, refused }) => `Lane ${lane}: ${admitted} admitted, ${refused} refused`),
  ];
  context.output.print({ mode, reason, effort, open, browsing, lanes, perSecond }, lines.join("\n"));
}

interface Explained {
  readonly why: readonly string[];
  readonly country: string;
  readonly source: { readonly prefix: string; readonly network: number };
}

async function runExplain(context: Context): Promise<void> {
  // In the body, because URLs end up in logs.
  const body = JSON.stringify({ address: context.args.at(0) });
  const headers = { "Content-Type": "application/json" };
  const explained = (await ask(context, "/gate/explain", { method: "POST", headers, body })) as Explained;
  const { source, country, why } = explained;
  const network = source.network === 0 ? "network unknown" : `AS${source.network}`;
  const place = `${source.prefix}, ${country === "" ? "country unknown" : country}, ${network}`;
  context.output.print(explained, [place, ...why].join("\n"));
}

async function ask({ args }: Context, path: string, init: RequestInit = {}): Promise<unknown> {
  const admin = args.text("admin") ?? adminDefault;
  const url = URL.parse(path, admin);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CliError("ERR_USAGE", `--admin takes an address such as ${adminDefault}, not "${admin}"`);
  }
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(answerMs) }).catch(() => {
    throw new CliError("ERR_OFFLINE", "no server answers at that admin port");
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer;
  const message = typeof answer === "object" && answer !== null ? Reflect.get(answer, "message") : undefined;
  if (response.status === 400) throw new CliError("ERR_USAGE", String(message));
  throw new CliError("ERR_REFUSED", `what answers there is no gate's admin port (status ${response.status})`);
}
