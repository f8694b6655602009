/** Debian's Chromium, the way every browser test starts it. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const options = {
  executablePath,
  args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
};

export async function launchChromium(): Promise<Browser> {
  ensureInstalled();
  return chromium.launch(options);
}

/** A browser of its own that keeps its profile in `folder`. */
export async function launchProfile(folder: string): Promise<BrowserContext> {
  ensureInstalled();
  const viewport = { width: 1280, height: 800 };
  return chromium.launchPersistentContext(folder, { ...options, viewport, locale: "en", reducedMotion: "reduce" });
}

function ensureInstalled(): void {
  if (!existsSync(executablePath)) {
    throw new Error(`The browser tests need Chromium at ${executablePath}: apt-get install -y chromium`);
  }
}
