/** Real clients at the gate of a real server, in quiet and under siege. */
import assert from "node:assert/strict";
import { afterEach, suite, test } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { type RunningServer, type ServerOptions, startServer } from "@rempart/server";
import { formatLink } from "@rempart/session";
import { testCertificate } from "../../gate/src/platform/testing/certificate.ts";
import type { ClientEvent, ConnectionView } from "../src/api.ts";
import { type Client, createClient } from "../src/client.ts";
import { clientLimits } from "../src/limits.ts";
import { openSqliteStore, threadSolver, webTokenBlinder, wsNetwork } from "../src/platform/node/index.ts";
import type { Clock, Network } from "../src/ports.ts";
import { classical, crypto, eventually, temporaryPath } from "./world.ts";

/** What answers are waited for: long enough on a machine that is busy with a puzzle. */
const deadlines = new Set<number>([clientLimits.connectTimeoutMs, clientLimits.requestTimeoutMs]);

/** Waits of some minutes pass as seconds: what is drawn for a quiet hour comes at once. */
const hastyClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, deadlines.has(delayMs) ? delayMs / 20 : delayMs / 50);
    return () => clearTimeout(timer);
  },
};

/** Cuts what it has connected, like a tunnel would. */
class CuttableNetwork implements Network {
  readonly #cuts = new Set<() => void>();

  connect(...[origin, handlers]: Parameters<Network["connect"]>) {
    let isCut = false;
    const link = wsNetwork.connect(origin, {
      opened: () => isCut || handlers.opened(),
      frame: (bytes) => isCut || handlers.frame(bytes),
      closed: (reason) => isCut || handlers.closed(reason),
    });
    this.#cuts.add(() => {
      if (isCut) return;
      isCut = true;
      link.close();
      handlers.closed({ code: 1006 });
    });
    return link;
  }

  cut(): void {
    for (const cut of this.#cuts) cut();
    this.#cuts.clear();
  }
}

interface Person {
  readonly client: Client;
  readonly network: CuttableNetwork;
  /** Every state that was shown, in order, each once in a row. */
  readonly seen: string[];
}

suite("at the gate", () => {
  let server: RunningServer;
  const clients: Client[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    await server.stop();
  });

  async function open(options: Pick<ServerOptions, "certificate" | "gateLimits"> = {}): Promise<string> {
    server = await startServer({ listen: { host: "127.0.0.1", port: 0 }, dataDir: "", memory: true, ...options });
    const { firstInvite } = server;
    assert.ok(firstInvite);
    return formatLink(crypto, { kind: "invitation", origin: server.url, inviteSecret: firstInvite });
  }

  /** As the clock inside sees it, a siege needs two bad seconds; and it lasts for a minute without another. */
  function besiege(): void {
    const load = {
      connections: 0,
      unadmitted: 0,
      memoryShare: 0,
      loopDelayP99Ms: 0,
      loopBusyShare: 0,
      acceptOverflows: 0,
    };
    for (let second = 0; second < 2; second++) server.gate.tick({ ...load, handshakeQueueAgeMs: 60_000 });
    assert.equal(server.gate.mode, "siege");
  }

  async function stranger(): Promise<Person> {
    const network = new CuttableNetwork();
    const client = await createClient({
      store: openSqliteStore(temporaryPath()),
      network,
      clock: hastyClock,
      crypto,
      solver: threadSolver,
      blinder: webTokenBlinder(),
      suites: [classical],
      defect: (error) => assert.fail(String(error)),
    });
    clients.push(client);
    const seen: string[] = [];
    client.subscribe((event: ClientEvent) => {
      if (event.event === "connection" && seen.at(-1) !== nameOf(event.connection)) seen.push(nameOf(event.connection));
    });
    return { client, network, seen };
  }

  const nameOf = ({ state, why }: ConnectionView) => (why === undefined ? state : `${state}: ${why}`);
  const isOnline = async ({ client }: Person) => (await client.connection()).state === "online";

  test("an invitation opened in a siege waits, proves, and goes on by itself, however long it takes", async () => {
    // On average longer than a call waits for what it began, as this clock goes.
    const link = await open({ gateLimits: { effortFloor: 80 } });
    besiege();
    const ada = await stranger();
    await ada.client.createAccount({ invite: link, name: "Ada" });
    const seen = ada.seen.filter((name) => name !== "offline");
    assert.deepEqual(seen.slice(0, 2), ["connecting", "waiting: working"]);
    // A solution found early waits for the gate's time.
    assert.deepEqual(
      seen.slice(2).filter((name) => name !== "waiting: busy"),
      ["connecting: busy", "online"],
    );
    assert.equal(server.gate.counters.admitted.D, 1);
    assert.equal(server.gate.counters.admitted.E, 0);
  });

  test("a member's device has tickets from a quiet hour, and comes back in a siege without a word", async () => {
    setDefaultCACertificates([...getCACertificates(), testCertificate.cert]);
    const link = await open({ certificate: testCertificate });
    const ada = await stranger();
    await ada.client.createAccount({ invite: link, name: "Ada" });
    assert.equal(server.gate.counters.admitted.E, 1);
    // The tokens are minted, and one of them is spent for tickets on a link that never signs in.
    await eventually(ada.client, async () => server.gate.counters.admitted.C === 1);
    besiege();
    for (let round = 1; round <= 3; round++) {
      ada.network.cut();
      await eventually(ada.client, async () => server.gate.counters.admitted.B === round && (await isOnline(ada)));
    }
    assert.ok(!ada.seen.some((name) => name.startsWith("waiting")));
    assert.equal(server.gate.counters.admitted.D, 0);
    assert.equal(server.gate.counters.invalidProofs, 0);
    // Known before any TLS work, by the session of the connection before.
    assert.ok(server.gate.counters.hellos.member >= 3);
  });
});
