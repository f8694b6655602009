import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { maskedFrame, TestFront, TestPeer, upgradeRequest } from "./testing/front.ts";

const none = { kind: "none" } as const;

/** Everybody has gone, and is counted so. */
async function assertEmpty({ gate: { counters }, listener }: TestFront): Promise<void> {
  while (counters.connections > 0) {
    listener.sweep();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(counters.unadmitted, 0);
  assert.equal(counters.browsing, 0);
}

const lost = (front: TestFront) => Object.fromEntries(front.gate.counters.lost);

describe("a plain listener", () => {
  it("[GT1] admits by a proof, and hands on what came behind it", () =>
    TestFront.with({}, async (front) => {
      const peer = await TestPeer.connect(front.port);
      const verdict = await peer.prove(none, Buffer.from("first"));
      assert.equal(verdict.kind, "admitted");
      peer.write("second");
      await peer.until((received) => received.length >= 11);
      assert.equal(String(peer.received), "firstsecond");
      assert.equal(front.gate.counters.open.admitted, 1);
      assert.equal(front.gate.counters.hellos.plain, 1);
      peer.socket.destroy();
      await assertEmpty(front);
    }));

  it("[GT1] takes a request and a proof in pieces", () =>
    TestFront.with({}, async (front) => {
      const peer = await TestPeer.connect(front.port);
      const request = Buffer.from(upgradeRequest());
      for (let at = 0; at < request.length; at += 32) {
        peer.write(request.subarray(at, at + 32));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await peer.until((received) => received.includes("\r\n\r\n"));
      peer.received = peer.received.subarray(peer.received.indexOf("\r\n\r\n") + 4);
      for (const byte of maskedFrame(new Uint8Array([0]))) peer.write(Buffer.from([byte]));
      assert.equal((await peer.verdict()).kind, "admitted");
    }));

  it("[GT1] closes with 1013 behind a refusal, and ends who does not leave within a second", () =>
    TestFront.with({}, async (front) => {
      const peer = await TestPeer.connect(front.port, { allowHalfOpen: true });
      const verdict = await peer.prove({ kind: "ticket", ticket: new Uint8Array(35) }, Buffer.from("dropped"));
      assert.equal(verdict.kind, "refused");
      await peer.until((received) => received.length >= 4);
      assert.deepEqual([...peer.received], [0x88, 2, 0x03, 0xf5]);
      assert.deepEqual(lost(front), { "ticket-forged": 1 });
      front.pass(999);
      assert.equal(peer.socket.destroyed, false);
      front.pass(1);
      // Our half is open and can be written to until the server has let go of its own.
      while (!peer.socket.destroyed) {
        peer.write("x");
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(front.admissions.length, 0);
    }));

  it("gives everybody his time and no more", () =>
    TestFront.with({}, async (front) => {
      const { counters } = front.gate;
      const silent = await TestPeer.connect(front.port);
      const dawdling = await TestPeer.connect(front.port);
      dawdling.write("GET /v1/con");
      const undecided = await TestPeer.connect(front.port);
      undecided.write(upgradeRequest());
      await undecided.until((received) => received.includes("\r\n\r\n"));
      while (counters.open.head < 2) await new Promise((resolve) => setImmediate(resolve));
      front.pass(1_999);
      assert.equal(counters.unadmitted, 3);
      front.pass(1);
      await undecided.closed;
      front.pass(2_999);
      assert.equal(counters.unadmitted, 2);
      front.pass(1);
      await Promise.all([silent.closed, dawdling.closed]);
      assert.deepEqual(lost(front), { "proof-timeout": 1, "head-timeout": 2 });
      assert.ok(silent.wasReset);
      await assertEmpty(front);
    }));

  it("refuses what breaks its rules, and counts it", () =>
    TestFront.with({}, async (front) => {
      const outcomeOf = async (...sent: (string | Uint8Array)[]) => {
        front.gate.counters.lost.clear();
        const peer = await TestPeer.connect(front.port);
        for (const each of sent) peer.write(each);
        await peer.closed;
        return [Object.keys(lost(front)).join(), String(peer.received).split("\r\n", 1)[0]];
      };
      const request = upgradeRequest();
      const upgraded = "HTTP/1.1 101 Switching Protocols";
      assert.deepEqual(await outcomeOf("\x16\x03\x01\x00\x05"), ["head-junk", ""]);
      assert.deepEqual(await outcomeOf(request.replace("13", "12")), ["head-junk", ""]);
      assert.deepEqual(await outcomeOf(request.replace("Key: ", "Key: x")), ["head-junk", ""]);
      assert.deepEqual(await outcomeOf(request.replace("\r\nHost", "\r\n Host")), ["head-junk", ""]);
      const foreign = upgradeRequest({ Origin: "https://evil.example" });
      assert.deepEqual(await outcomeOf(foreign), ["head-origin", "HTTP/1.1 403 Forbidden"]);
      const giant = upgradeRequest({ Cookie: "x".repeat(5_000) });
      assert.deepEqual(await outcomeOf(giant), ["head-too-long", "HTTP/1.1 431 Request Header Fields Too Large"]);
      for (const frame of [
        maskedFrame(new Uint8Array(1), 0x81),
        maskedFrame(new Uint8Array(1), 0x02),
        maskedFrame(new Uint8Array(513)),
        Buffer.from([0x82, 1, 0]),
        Buffer.concat([maskedFrame(new Uint8Array(1)), Buffer.alloc(1_025)]),
      ]) {
        assert.deepEqual((await outcomeOf(request, frame))[0], "proof-junk");
      }
      assert.deepEqual((await outcomeOf(request, maskedFrame(new Uint8Array([9]))))[1], upgraded);
      assert.equal(front.admissions.length, 0);
    }));

  it("shows everybody else the ordinary website, whole and in pieces, and counts who browses", () =>
    TestFront.with({}, async (front) => {
      const peer = await TestPeer.connect(front.port);
      peer.write("GET /pa");
      await new Promise((resolve) => setImmediate(resolve));
      peer.write("ge HTTP/1.1\r\nHost: x\r\n\r\n");
      await peer.until((received) => received.includes("site /page"));
      assert.equal(front.gate.counters.browsing, 1);
      peer.write("GET /v1/connect HTTP/1.1\r\nHost: x\r\n\r\n");
      await peer.until((received) => received.includes("site /v1/connect"));
      peer.socket.end();
      await peer.closed;
      await assertEmpty(front);
    }));

  it("notices who goes away, whatever he was doing", () =>
    TestFront.with({}, async (front) => {
      const { counters } = front.gate;
      for (const sent of ["", "GET /v1", upgradeRequest()]) {
        for (const leave of ["resetAndDestroy", "end"] as const) {
          const peer = await TestPeer.connect(front.port);
          if (sent !== "") peer.write(sent);
          while (counters.open.head + counters.open.proof === 0) await new Promise((resolve) => setImmediate(resolve));
          if (sent === upgradeRequest()) await peer.until((received) => received.length > 0);
          peer.socket[leave]();
          await assertEmpty(front);
        }
      }
      assert.deepEqual(lost(front), { "head-reset": 4, "proof-reset": 2 });
    }));

  it("survives whatever is sent", () =>
    TestFront.with({}, async (front) => {
      const starts = ["", "GET /v1/connect HTTP/1.1\r\n", upgradeRequest(), "GET / HTTP/1.1\r\n"];
      const sending = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }));
      await fc.assert(
        fc.asyncProperty(sending, async ([start, bytes]) => {
          const peer = await TestPeer.connect(front.port);
          peer.write(start);
          peer.write(bytes);
          peer.socket.end();
          await peer.closed;
        }),
        { numRuns: 60 },
      );
      await assertEmpty(front);
    }));

  it("ends when it is closed, and refuses whoever is not inside", async () => {
    const front = await TestFront.open();
    const [waiting, inside] = [await TestPeer.connect(front.port), await TestPeer.connect(front.port)];
    await inside.prove(none);
    const closed = front.listener.close();
    await waiting.closed;
    inside.socket.end();
    await closed;
    assert.equal(lost(front).stopping, 1);
  });
});

describe("behind a proxy", () => {
  const header = (command: number, family: number, addresses: readonly number[]) =>
    Buffer.concat([
      Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1"),
      Buffer.from([command, family, 0, addresses.length, ...addresses]),
    ]);
  const proxied = header(0x21, 0x11, [198, 51, 100, 7, 192, 0, 2, 1, 0x12, 0x34, 0, 80]);

  it("believes a listed one that speaks its protocol", () =>
    TestFront.with({ proxies: ["127.0.0.0/8"] }, async (front) => {
      const peer = await TestPeer.connect(front.port);
      for (const byte of proxied) peer.write(Buffer.from([byte]));
      assert.equal((await peer.prove(none)).kind, "admitted");
      assert.deepEqual(front.admissions[0]?.visit.source.address, "198.51.100.7");
    }));

  it("takes its own connections for its own", () =>
    TestFront.with({ proxies: ["127.0.0.1"] }, async (front) => {
      for (const local of [header(0x20, 0, []), Buffer.alloc(0)]) {
        const peer = await TestPeer.connect(front.port);
        peer.write(local);
        assert.equal((await peer.prove(none)).kind, "admitted");
      }
      assert.deepEqual(
        front.admissions.map(({ visit }) => visit.source.address),
        ["127.0.0.1", "127.0.0.1"],
      );
    }));

  it("believes its last word in X-Forwarded-For, and nobody else's", () =>
    TestFront.with({ proxies: ["127.0.0.1", "10.0.0.0/8"] }, async (front) => {
      const addressOf = async (localAddress: string) => {
        const peer = await TestPeer.connect(front.port, { localAddress });
        peer.write(upgradeRequest({ "X-Forwarded-For": "203.0.113.9, 198.51.100.8, 10.1.2.3" }));
        await peer.until((received) => received.includes("\r\n\r\n"));
        peer.received = Buffer.alloc(0);
        peer.write(maskedFrame(new Uint8Array([0])));
        assert.equal((await peer.verdict()).kind, "admitted");
        return front.admissions.at(-1)?.visit.source.address;
      };
      assert.equal(await addressOf("127.0.0.1"), "198.51.100.8");
      assert.equal(await addressOf("127.0.0.2"), "127.0.0.2");
    }));

  it("counts an unlisted one's header as junk, and warns once without its address", async () => {
    const warnings: unknown[] = [];
    await TestFront.with({ warn: (...warning) => warnings.push(warning) }, async (front) => {
      for (let count = 0; count < 3; count++) {
        const peer = await TestPeer.connect(front.port);
        peer.write(proxied);
        await peer.closed;
      }
      assert.deepEqual(lost(front), { "head-junk": 3 });
      assert.equal(front.listener.unlistedProxyHeaders, 3);
    });
    assert.equal(warnings.length, 1);
    assert.doesNotMatch(JSON.stringify(warnings), /127\.|198\./);
  });

  it("ends one that never says who is behind it", () =>
    TestFront.with({ proxies: ["127.0.0.1"] }, async (front) => {
      const peer = await TestPeer.connect(front.port);
      peer.write(proxied.subarray(0, 14));
      front.pass(5_000);
      while (!peer.socket.destroyed) {
        front.pass(5_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }));
});
