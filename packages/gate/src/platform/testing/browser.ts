/** Real browsers, each with a profile of its own that trusts the tests' certificate. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { testCertificate } from "./certificate.ts";

export type BrowserName = "chromium" | "firefox-esr";

/** A browser starts in a second or two; a busy machine takes longer. */
const browsingMsMax = 45_000;

const certificate = new X509Certificate(testCertificate.cert);

/** Opens a page of `https://localhost:port`, and ends with the browser gone again. */
export async function browse(name: BrowserName, port: number, body: () => Promise<void>): Promise<void> {
  const file = `/usr/bin/${name}`;
  if (!existsSync(file)) throw new Error(`${file} is missing: apt-get install ${name}`);
  const profile = await mkdtemp(join(tmpdir(), "rempart-browser-"));
  const launch = name === "chromium" ? chromiumArguments : firefoxArguments;
  const given = [...(await launch(profile, port)), `https://localhost:${port}/`];
  // A process group of its own: browsers are many processes, and all have to go.
  const browser = spawn(file, given, { detached: true, stdio: "ignore", env: { ...process.env, HOME: profile } });
  const deadline = new AbortController();
  try {
    // Sooner than the test's own timeout, which would leave the browser behind.
    const late = setTimeout(browsingMsMax, undefined, { signal: deadline.signal, ref: false });
    await Promise.race([
      body(),
      late.then(() => Promise.reject(new Error(`${name} was not done in time`))),
      once(browser, "exit").then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`))),
    ]);
  } finally {
    deadline.abort();
    await end(browser);
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function chromiumArguments(profile: string): Promise<string[]> {
  const key = certificate.publicKey.export({ type: "spki", format: "der" });
  const pin = createHash("sha256").update(key).digest("base64");
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
  return [...flags, `--user-data-dir=${profile}`, `--ignore-certificate-errors-spki-list=${pin}`];
}

/** Firefox keeps what a person has trusted in a file: host and port, hash algorithm (SHA-256), fingerprint. */
async function firefoxArguments(profile: string, port: number): Promise<string[]> {
  const entry = `localhost:${port}:\tOID.2.16.840.1.101.3.4.2.1\t${certificate.fingerprint256}\t\n`;
  await writeFile(join(profile, "cert_override.txt"), entry);
  await writeFile(join(profile, "user.js"), 'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n');
  return ["--headless", "--no-remote", "--profile", profile];
}

async function end(browser: ChildProcess): Promise<void> {
  if (browser.pid === undefined || browser.exitCode !== null || browser.signalCode !== null) return;
  const gone = once(browser, "exit");
  process.kill(-browser.pid, "SIGKILL");
  await gone;
}
