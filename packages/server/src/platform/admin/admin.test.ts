import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Counters } from "../../core/counters.ts";
import { Metrics } from "../metrics.ts";
import { createAdminServer } from "./admin-server.ts";
import { GateHistory } from "./gate-history.ts";
import { gateMetrics } from "./gate-metrics.ts";
import type { GateView } from "./gate-observer.ts";
import { isKnownHost } from "./host-check.ts";
import { adminLimits } from "./limits.ts";
import { publishable } from "./source-survey.ts";
import { observedGate } from "./testing/observed-gate.ts";

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  json(): Record<string, unknown>;
}

async function withAdmin(
  work: (ask: (path: string, asked?: Asked) => Promise<Answered>) => Promise<void>,
  { observer }: Partial<ReturnType<typeof observedGate>> = observedGate(),
): Promise<void> {
  const metrics = () => "# EOF\n";
  const options = { host: "rempart.lan", metrics, isHealthy: () => true };
  const server = await createAdminServer({ ...options, ...(observer === undefined ? {} : { observer }) });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  try {
    await work((path, asked = {}) => ask(port, path, asked));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function ask(port: number, path: string, { method = "GET", headers = {}, body = "" }: Asked): Promise<Answered> {
  const asking = request({ port, host: "127.0.0.1", path, method, headers, agent: false });
  asking.on("error", () => asking.destroy());
  asking.end(body);
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  let text = "";
  for await (const part of response.setEncoding("utf8")) text += part;
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) };
}

const json = { "Content-Type": "application/json" };
const question = (address: unknown): Asked => ({ method: "POST", headers: json, body: JSON.stringify({ address }) });

describe("the admin port", () => {
  test("serves health, metrics, the page and its data, fenced", () =>
    withAdmin(async (ask) => {
      const paths = ["/healthz", "/metrics", "/gate", "/gate.css", "/gate.js", "/gate.json"];
      const answers = await Promise.all(paths.map((path) => ask(path)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        paths.map(() => 200),
      );
      for (const { headers } of answers) {
        assert.match(String(headers["content-security-policy"]), /default-src 'none'/);
        assert.doesNotMatch(String(headers["content-security-policy"]), /unsafe-inline/);
        assert.equal(headers["x-content-type-options"], "nosniff");
      }
      const head = await ask("/gate", { method: "HEAD" });
      assert.deepEqual([head.status, head.text], [200, ""]);
    }));

  test("other paths and methods have their codes", () =>
    withAdmin(async (ask) => {
      assert.equal((await ask("/nothing")).json().error, "ERR_NOT_FOUND");
      assert.equal((await ask("/gate/../page/gate.html")).status, 404);
      assert.equal((await ask("/metrics", { method: "DELETE" })).json().error, "ERR_METHOD");
      assert.equal((await ask("/gate/explain")).json().error, "ERR_METHOD");
    }));

  test("without a gate there is no page of it", () =>
    withAdmin(async (ask) => {
      assert.equal((await ask("/metrics")).status, 200);
      for (const path of ["/gate", "/gate.js", "/gate.json"]) assert.equal((await ask(path)).status, 404);
      assert.equal((await ask("/gate/explain", question("127.0.0.1"))).status, 405);
    }, {}));

  test("answers under its own names only", () =>
    withAdmin(async (ask) => {
      for (const host of ["evil.example", "evil.example:80", "localhost.evil.example", "198.51.100.7", "[::1", "a b"])
        for (const path of ["/gate.json", "/metrics"])
          assert.equal((await ask(path, { headers: { Host: host } })).json().error, "ERR_HOST", host);
      for (const host of ["localhost", "LOCALHOST:8081", "127.0.0.1:1", "[::1]:8081", "rempart.lan"])
        assert.equal((await ask("/gate.json", { headers: { Host: host } })).status, 200, host);
    }));

  test("an address of the machine is its own name, a name that points there is not", () => {
    const at = (host: string, localAddress: string) => isKnownHost({ host, localAddress, listed: "0.0.0.0" });
    assert.ok(at("192.0.2.9:8081", "192.0.2.9"));
    assert.ok(at("192.0.2.9", "::ffff:192.0.2.9"));
    assert.ok(!at("192.0.2.8", "192.0.2.9"));
    assert.ok(!at("evil.example", "192.0.2.9"));
    assert.ok(!at("", ""));
    fc.assert(fc.property(fc.domain(), (name) => !at(name, "192.0.2.9")));
  });
});

describe("the question about an address", () => {
  test("is answered with what the gate would do, and why", () =>
    withAdmin(async (ask) => {
      const { status, headers, text, json } = await ask("/gate/explain", question(" 127.2.3.4 "));
      assert.deepEqual([status, headers["cache-control"]], [200, "no-store"]);
      const { source, country, accept, why } = json();
      assert.deepEqual(source, { address: "127.2.3.4", prefix: "127.2.3.0/24", network: 64_502 });
      assert.deepEqual([country, accept], ["DE", "peek"]);
      assert.ok(Array.isArray(why) && why.length > 0, text);
      assert.equal((await ask("/gate/explain", question("2001:DB8:0::7"))).status, 200);
      assert.equal((await ask("/gate/explain", question("::ffff:127.2.3.4"))).json().country, "DE");
    }));

  test("is refused clearly when it is none", () =>
    withAdmin(async (ask) => {
      const codeOf = async (asked: Asked) => (await ask("/gate/explain", asked)).json().error;
      for (const address of ["", "nonsense", "127.0.0.1:80", "1.2.3", "::g", "127.0.0.0/8", "[::1]"])
        assert.equal(await codeOf(question(address)), "ERR_ADDRESS", address);
      for (const body of ["", "{", "[]", "null", '{"address":7}', '"127.0.0.1"'])
        assert.equal(await codeOf({ method: "POST", headers: json, body }), "ERR_JSON", body);
      assert.equal(await codeOf(question("1".repeat(adminLimits.bodyBytes))), "ERR_TOO_LARGE");
      const text = { "Content-Type": "text/plain" };
      assert.equal(await codeOf({ ...question("127.0.0.1"), headers: text }), "ERR_CONTENT_TYPE");
      const foreign = { ...json, Origin: "http://evil.example" };
      assert.equal(await codeOf({ ...question("127.0.0.1"), headers: foreign }), "ERR_CONTENT_TYPE");
    }));
});

describe("what operators see", () => {
  test("counts by state, lane and outcome, and the sources of completed handshakes", () => {
    const { gate, observer, visit, pass } = observedGate();
    for (let i = 0; i < 30; i += 1) visit(`127.1.${i}.7`);
    for (let i = 0; i < 5; i += 1) visit("127.2.0.7");
    visit("127.9.0.7");
    gate.counters.countLost("token-spent");
    pass(2);
    const view: GateView = observer.view();
    assert.equal(view.arrivals, 36);
    assert.deepEqual(view.lost, [
      { outcome: "head-timeout", count: 36 },
      { outcome: "token-spent", count: 1 },
    ]);
    assert.deepEqual(view.lanes[1], { lane: "C", admitted: 0, refused: 1 });
    assert.deepEqual(view.sources.prefixes[0], { name: "127.2.0.0/24", handshakes: 5 });
    assert.deepEqual(view.sources.countries, [
      { name: "FR", prefixes: 30, handshakes: 30 },
      { name: "DE", prefixes: 1, handshakes: 5 },
      { name: "unknown", prefixes: 1, handshakes: 1 },
    ]);
    assert.deepEqual(view.perSecond, { arrivals: 0, admitted: 0, lost: 0 });
    assert.equal(view.history[0]?.lost, 37);
    assert.deepEqual(JSON.parse(JSON.stringify(view)), view);
  });

  test("a large tally is gone through in slices, and comes out whole", () => {
    const { gate, observer, pass } = observedGate();
    const count = 3 * adminLimits.surveyed;
    for (let i = 0; i < count; i += 1) gate.counters.prefixes.add(`127.${1 + (i % 2)}.${i % 250}.${i}/24`);
    pass(1);
    assert.equal(observer.view().sources.countries.length, 0);
    pass(3);
    const { countries, prefixes } = observer.view().sources;
    assert.equal(
      countries.reduce((sum, { handshakes }) => sum + handshakes, 0),
      count,
    );
    assert.equal(prefixes.length, adminLimits.sources);
  });

  test("history keeps a quarter of an hour and the worst of every five seconds", () => {
    const history = new GateHistory();
    for (let i = 0; i < 2_000; i += 1) {
      const mode = i === 1_992 ? "siege" : "normal";
      history.record({ at: i * 1_000, mode, reason: mode, unadmitted: i % 5, admitted: 1, lost: 2 });
    }
    assert.equal(history.points.length, adminLimits.points);
    assert.deepEqual(history.points.at(-2), { at: 1_990_000, mode: "siege", unadmitted: 4, admitted: 5, lost: 10 });
    assert.deepEqual(
      history.changes.map(({ at, mode }) => [at, mode]),
      [
        [0, "normal"],
        [1_992_000, "siege"],
        [1_993_000, "normal"],
      ],
    );
  });
});

describe("metrics of the gate", () => {
  const text = (made: ReturnType<typeof observedGate>) =>
    new Metrics(new Counters(), () => gateMetrics(made.observer)).text();

  test("are OpenMetrics, each family once, and every sample belongs to its family", () => {
    const made = observedGate({ kernel: () => ({ isOn: true, denied: 3, rate: 4 }) });
    made.visit("127.1.0.7");
    made.pass(1);
    const lines = text(made).trimEnd().split("\n");
    assert.equal(lines.pop(), "# EOF");
    const families = new Map<string, string>();
    let current = "";
    for (const line of lines) {
      const [, type, name = "", kind = ""] = /^# (TYPE|HELP) (\S+) (.+)$/.exec(line) ?? [];
      if (type === "TYPE") {
        assert.ok(!families.has(name), `${name} appears twice`);
        families.set(name, kind);
        current = name;
      } else if (type === "HELP") assert.equal(name, current);
      else {
        assert.match(
          line,
          /^[a-z_]+(\{[a-z_]+="[^"\\]*"(,[a-z_]+="[^"\\]*")*\})? -?[0-9.e+-]+$|_bucket\{le="[^"]+"\} \d+$/,
        );
        const suffix = families.get(current) === "counter" ? "_total" : "";
        assert.ok(line.startsWith(`${current}${suffix}`), line);
      }
    }
    assert.ok(lines.includes('rempart_gate_mode{rempart_gate_mode="normal"} 1'));
    assert.ok(lines.includes('rempart_gate_lost_total{outcome="head-timeout"} 1'));
    assert.ok(lines.includes('rempart_gate_kernel_drops_total{why="rate"} 4'));
  });

  test("name no address and no prefix, and a country only when it has twenty prefixes", () => {
    const made = observedGate();
    for (let i = 0; i < adminLimits.cellPrefixesMin; i += 1) made.visit(`127.1.${i}.7`);
    for (let i = 0; i < adminLimits.cellPrefixesMin - 1; i += 1) made.visit(`127.2.${i}.7`);
    made.visit("2001:db8::7");
    made.pass(1);
    const exposed = text(made);
    assert.match(exposed, /rempart_gate_country_handshakes\{country="FR"\} 20\n/);
    assert.match(exposed, /rempart_gate_country_handshakes\{country="other"\} 20\n/);
    assert.match(exposed, /rempart_gate_network_prefixes\{network="AS64501"\} 20\n/);
    assert.doesNotMatch(exposed, /"DE"|64502|127\.|2001|db8|\/24|\/48/);
  });

  test("lose no handshake between named cells and the others, whatever there is", () => {
    const cell = fc.record({ name: fc.string(), prefixes: fc.nat(60), handshakes: fc.nat(1_000) });
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 60 }), fc.nat(1_000), (cells, forgotten) => {
        const published = publishable(cells, forgotten);
        const sum = (list: readonly { handshakes: number }[]) =>
          list.reduce((total, each) => total + each.handshakes, 0);
        assert.equal(sum(published), sum(cells) + forgotten);
        assert.ok(published.length <= adminLimits.sources + 1);
        for (const { prefixes } of published.slice(0, -1)) assert.ok(prefixes >= adminLimits.cellPrefixesMin);
      }),
    );
  });
});
