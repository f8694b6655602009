/**
 * Where the time goes between the key press in one browser and the pixels in another:
 * `node apps/web/test/latency-trace.bench.ts [MESSAGES] [disk]` prints, for every step on the way, the median of its
 * time since the key press. With `disk` the browsers keep their profiles on it, otherwise in memory.
 * `TRACE=1` prints everything that happened.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildApp } from "./build.ts";
import { launchProfile } from "./chromium.ts";
import { Person } from "./person.ts";
import { type Mark, traceChannel } from "./trace/marks.ts";
import { World } from "./world.ts";

const count = Number(process.argv[2] ?? 20);
const isOnDisk = process.argv[3] === "disk";
/** Long enough for the receipts of one message to be over before the next. */
const pauseMs = 1_400;

interface Step {
  readonly name: string;
  readonly who: "from" | "to";
  readonly what: RegExp;
}

const steps: readonly Step[] = [
  { name: "call heard in the worker", who: "from", what: /^hear call send/ },
  { name: "sealed, transaction begins", who: "from", what: /^transaction begins/ },
  { name: "stored", who: "from", what: /^transaction durable/ },
  { name: "frame leaves", who: "from", what: /^frame out/ },
  { name: "own page told", who: "from", what: /^tell event message/ },
  { name: "own bubble drawn", who: "from", what: /^page drawn/ },
  { name: "frame comes to the peer", who: "to", what: /^frame in/ },
  { name: "opened, transaction begins", who: "to", what: /^transaction begins/ },
  { name: "stored", who: "to", what: /^transaction durable/ },
  { name: "page told", who: "to", what: /^tell event message/ },
  { name: "in the document", who: "to", what: /^page changed/ },
  { name: "frame begun", who: "to", what: /^page frame/ },
  { name: "drawn", who: "to", what: /^page drawn/ },
];

/** Marks in the page: key presses, and each message that comes into the document, until it is drawn. */
async function watchPage({ page }: Person): Promise<void> {
  await page.evaluate((channelName) => {
    const marks: { what: string; at: number }[] = [];
    const mark = (what: string) => void marks.push({ what, at: performance.timeOrigin + performance.now() });
    let known = document.querySelectorAll(".message").length;
    addEventListener("keydown", () => mark("page key"), { capture: true });
    new MutationObserver(() => {
      const shown = document.querySelectorAll(".message").length;
      if (shown === known) return;
      known = shown;
      mark("page changed");
      requestAnimationFrame(() => {
        mark("page frame");
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => mark("page drawn");
        port2.postMessage(null);
      });
    }).observe(document.body, { childList: true, subtree: true });
    const channel = new BroadcastChannel(channelName);
    const collect = () =>
      new Promise((resolve) => {
        channel.onmessage = ({ data }) => {
          if (Array.isArray(data)) resolve([...marks.splice(0), ...data]);
        };
        channel.postMessage("collect");
      });
    Object.assign(window, { collect });
  }, traceChannel);
}

const collect = ({ page }: Person): Promise<Mark[]> =>
  page.evaluate(() => (window as unknown as { collect(): Promise<Mark[]> }).collect());

const world = await World.open(
  await buildApp({ engineWorker: fileURLToPath(new URL("trace/worker.ts", import.meta.url)) }),
);
const profiles: string[] = [];

async function person(name: string): Promise<Person> {
  if (!isOnDisk) return world.person(name);
  const profile = await mkdtemp(join(tmpdir(), "rempart-profile-"));
  profiles.push(profile);
  return Person.open(name, await launchProfile(profile));
}

const from = await person("Ada");
const to = await person("Bruno");
await from.signUp(await world.adminLink());
await to.signUp(await from.invite());
await from.openChat("Bruno");
await to.openChat("Ada");
for (const each of [from, to]) await watchPage(each);

const times = steps.map((): number[] => []);
for (let i = 0; i < count; i++) {
  await from.composer.fill(`message ${i}`);
  await from.page.waitForTimeout(pauseMs);
  await Promise.all([from, to].map(collect));
  await from.composer.press("Enter");
  await from.page.waitForTimeout(pauseMs);
  const marks = { from: await collect(from), to: await collect(to) };
  const start = marks.from.find(({ what }) => what === "page key")?.at ?? Number.NaN;
  for (const [index, { who, what }] of steps.entries()) {
    const mark = marks[who].find((each) => what.test(each.what) && each.at >= start);
    if (mark !== undefined) times[index]?.push(mark.at - start);
  }
  if (process.env.TRACE === "1") print(marks, start);
}
if (isOnDisk) await Promise.all([from, to].map(({ context }) => context.close()));
await world.close();
for (const profile of profiles) await rm(profile, { recursive: true, force: true });
for (const [index, { name, who }] of steps.entries()) {
  const sorted = (times[index] ?? []).toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(1).padStart(7);
  console.log(`${at(0.5)} ${at(0.95)}  ${who === "from" ? "" : "    "}${name}`);
}

function print(marks: Record<Step["who"], readonly Mark[]>, start: number): void {
  const all = [
    ...marks.from.map((mark) => ({ ...mark, indent: "" })),
    ...marks.to.map((mark) => ({ ...mark, indent: " ".repeat(40) })),
  ].toSorted((a, b) => a.at - b.at);
  for (const { at, indent, what } of all) console.log(`${(at - start).toFixed(1).padStart(8)} ${indent}${what}`);
  console.log("");
}
