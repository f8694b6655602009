/** A real server, a real browser, and the people in it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, type ServerOptions, startServer } from "@rempart/server";
import { formatLink } from "@rempart/session";
import { nodeProvider } from "@rempart/session/provider/node";
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { Person } from "./person.ts";
import { Wire } from "./wire.ts";

export class World {
  readonly browser: Browser;
  readonly dataDir: string;
  readonly webRoot: string;
  readonly wire: Wire;
  server: RunningServer;
  readonly #contexts: BrowserContext[] = [];

  private constructor(parts: Pick<World, "browser" | "dataDir" | "webRoot" | "wire" | "server">) {
    this.browser = parts.browser;
    this.dataDir = parts.dataDir;
    this.webRoot = parts.webRoot;
    this.wire = parts.wire;
    this.server = parts.server;
  }

  /** Starts a server that serves the built pages in `webRoot`, and a browser. */
  static async open(webRoot: string, options: Pick<ServerOptions, "gateLimits"> = {}): Promise<World> {
    const browser = await launchChromium();
    const dataDir = await mkdtemp(join(tmpdir(), "rempart-web-"));
    const wire = await Wire.open();
    const server = await startServerBehind(wire, { dataDir, webRoot, ...options });
    return new World({ browser, dataDir, webRoot, wire, server });
  }

  /** What browsers are told to open. */
  get url(): string {
    return this.wire.url;
  }

  /** The link that makes the first account. */
  async adminLink(): Promise<string> {
    const { firstInvite } = this.server;
    if (firstInvite === undefined) throw new Error("the server has an account already");
    return formatLink(nodeProvider(), { kind: "invitation", origin: this.url, inviteSecret: firstInvite });
  }

  /** A browser profile of its own. */
  async person(name: string, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: "en",
      reducedMotion: "reduce",
      permissions: ["clipboard-read", "clipboard-write"],
      ...options,
    });
    this.#contexts.push(context);
    return Person.open(name, context);
  }

  /** Stops the server, runs `meanwhile`, and starts it again on the same data. */
  async restartServer(meanwhile: () => Promise<void>): Promise<void> {
    await this.server.stop();
    await this.wire.cut();
    await meanwhile();
    this.server = await startServerBehind(this.wire, this);
    await this.wire.mend();
  }

  async close(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
    await this.browser.close();
    await this.server.stop();
    await this.wire.cut();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** A server that its clients know by the address of the wire. */
async function startServerBehind(
  wire: Wire,
  { dataDir, webRoot, gateLimits = {} }: Pick<ServerOptions, "gateLimits"> & Pick<World, "dataDir" | "webRoot">,
): Promise<RunningServer> {
  const listen = { host: "127.0.0.1", port: 0 };
  const server = await startServer({ dataDir, listen, webRoot, gateLimits, allowedOrigins: [wire.url] });
  wire.leadTo(server.port);
  return server;
}
