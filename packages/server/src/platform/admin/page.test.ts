import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, chromium, type Page } from "playwright-core";
import { createAdminServer } from "./admin-server.ts";
import { observedGate } from "./testing/observed-gate.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
let browser: Browser;
before(async () => {
  assert.ok(existsSync(executablePath), `the test needs Chromium at ${executablePath}: apt-get install -y chromium`);
  browser = await chromium.launch({ executablePath, args: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
});
after(() => browser?.close());

interface Look {
  readonly width: number;
  readonly colorScheme: "light" | "dark";
  readonly expected?: RegExp;
}

/** Fails for any error in the browser's console but those that belong to the test. */
async function withPage(
  { width, colorScheme, expected = /status of 400/ }: Look,
  work: (page: Page, made: ReturnType<typeof observedGate>) => Promise<void>,
) {
  const made = observedGate({ kernel: () => ({ isOn: false, problem: "nft is not installed", denied: 1, rate: 2 }) });
  for (let i = 0; i < 30; i += 1) made.visit(`127.${1 + (i % 2)}.${i}.7`);
  made.pass(30);
  const { observer } = made;
  const server = await createAdminServer({ host: "127.0.0.1", metrics: () => "", isHealthy: () => true, observer });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !expected.test(message.text())) errors.push(message.text());
  });
  try {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/gate`);
    await page.getByText("Live", { exact: true }).waitFor();
    await work(page, made);
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
  }
}

test("the gate's page shows the gate, and answers from the keyboard what it would do", () =>
  withPage({ width: 1_280, colorScheme: "light" }, async (page, { visit, pass }) => {
    await page.getByText("NORMAL", { exact: true }).waitFor();
    await page.getByRole("row", { name: "France FR 15 15" }).waitFor();
    await page.getByText("Not in force: nft is not installed").waitFor();
    assert.match((await page.getByRole("img").getAttribute("aria-label")) ?? "", /^In the last 15 minutes at most/);
    visit("127.3.0.7");
    pass(1);
    await page.getByRole("row", { name: "Brazil BR 1 1" }).waitFor();

    await page.getByLabel("Address").focus();
    await page.keyboard.type("127.2.3.4");
    await page.keyboard.press("Enter");
    await page.getByText("127.2.3.0/24 · Germany · AS64502").waitFor();
    assert.ok(!page.url().includes("127.2.3.4"), "no address in a URL");
    await page.getByLabel("Address").fill("nonsense");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("This is no address").waitFor();
    assert.equal(await page.getByText("Germany · AS64502").count(), 0);
  }));

test("the gate's page says when the server no longer answers", () =>
  withPage({ width: 1_280, colorScheme: "light", expected: /ERR_FAILED/ }, async (page) => {
    await page.route("**/gate.json", (route) => route.abort());
    await page.getByText(/^No answer since \d\d:\d\d:\d\d$/).waitFor();
    await page.unroute("**/gate.json");
    await page.getByText("Live", { exact: true }).waitFor();
  }));

for (const look of [
  { width: 390, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
  { width: 1_280, colorScheme: "dark" },
] as const) {
  test(`the gate's page fits ${look.width} pixels, ${look.colorScheme}, and anybody can read it`, () =>
    withPage(look, async (page) => {
      await page.getByLabel("Address").fill("127.2.3.4");
      await page.getByRole("button", { name: "Explain" }).click();
      await page.getByText("Germany · AS64502").waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), look.width);
      const { violations } = await new AxeBuilder({ page }).analyze();
      assert.deepEqual(
        violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
        [],
      );
    }));
}
