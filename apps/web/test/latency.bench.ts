/**
 * From the key press in one browser to the pixels in another, both on this machine and on a real server:
 * `node apps/web/test/latency.bench.ts [MESSAGES]` prints the median and the 95th percentile in milliseconds.
 */
import { buildApp } from "./build.ts";
import type { Person } from "./person.ts";
import { World } from "./world.ts";

const count = Number(process.argv[2] ?? 100);
const warmUp = 10;
const pauseMs = 600;

/** Wall-clock time of both pages, which share a machine. */
async function sendTimed(from: Person, to: Person, text: string): Promise<number> {
  const shown = to.page.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const look = () => {
          const bubbles = document.querySelectorAll(".message[data-own=false] .paragraph");
          if (bubbles[bubbles.length - 1]?.textContent !== wanted) return;
          observer.disconnect();
          // After the next frame is drawn, the message is on the screen.
          requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => resolve(performance.timeOrigin + performance.now());
            channel.port2.postMessage(null);
          });
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { childList: true, subtree: true, characterData: true });
      }),
    text,
  );
  await from.composer.fill(text);
  const pressed = from.page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const heard = () => resolve(performance.timeOrigin + performance.now());
        addEventListener("keydown", heard, { capture: true, once: true });
      }),
  );
  await from.composer.press("Enter");
  return (await shown) - (await pressed);
}

const at = (sorted: readonly number[], share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;

const world = await World.open(await buildApp());
const ada = await world.person("Ada");
const bruno = await world.person("Bruno");
await ada.signUp(await world.adminLink());
await bruno.signUp(await ada.invite());
await ada.openChat("Bruno");
await bruno.openChat("Ada");
const times: number[] = [];
for (let i = 0; i < count + warmUp; i++) {
  const time = await sendTimed(ada, bruno, `message ${i}`);
  if (i >= warmUp) times.push(time);
  // People pause; receipts of one message are not to be measured with the next.
  await ada.page.waitForTimeout(pauseMs);
}
await world.close();
const sorted = times.toSorted((a, b) => a - b);
console.log(
  JSON.stringify({
    messages: count,
    medianMs: Math.round(at(sorted, 0.5) * 10) / 10,
    p95Ms: Math.round(at(sorted, 0.95) * 10) / 10,
  }),
);
