import assert from "node:assert/strict";
import { connect as connectTcp } from "node:net";
import { describe, it } from "node:test";
import { connect as connectTls } from "node:tls";
import type { Verdict } from "@rempart/protocol";
import { tokenBytes } from "@rempart/protocol";
import { testCertificate } from "./testing/certificate.ts";
import { type FrontOptions, type SecurePeer, TestFront, TestPeer } from "./testing/front.ts";
import { capturedHellos } from "./testing/hellos.ts";
import { TicketKeys, ticketPeriodMs } from "./tls/ticket-keys.ts";

const none = { kind: "none" } as const;

/** A front that speaks TLS, and whose clock goes: handshakes get a share of the CPU by it. */
function secured(body: (front: TestFront) => Promise<void>, options: FrontOptions & { keys?: TicketKeys } = {}) {
  const { keys = TicketKeys.make(0), ...rest } = options;
  return TestFront.with({ tls: { certificate: testCertificate, keys }, ...rest }, (front) =>
    front.ticking(() => body(front)),
  );
}

const lost = (front: TestFront) => Object.fromEntries(front.gate.counters.lost);
const turn = () => new Promise((resolve) => setImmediate(resolve));

let tokensMade = 0;

/** Admitted with a token, and gone again; what it leaves are its TLS tickets. */
async function admitted(front: TestFront, session?: Buffer): Promise<{ session: Buffer; verdict: Verdict }> {
  const peer = await TestPeer.secure(front.port, { session });
  tokensMade += 1;
  const token = new Uint8Array(tokenBytes).fill(tokensMade);
  const verdict = await peer.prove({ kind: "token", token: front.tokens.issue(token) });
  assert.equal(verdict.kind, "admitted");
  return { session: await leave(peer), verdict };
}

/** The newest TLS ticket of a connection, which is closed. */
async function leave(peer: SecurePeer): Promise<Buffer> {
  // Tickets come before whatever the server writes, and this was echoed.
  const session = peer.sessions.at(-1);
  assert.ok(session !== undefined);
  peer.socket.destroy();
  return session;
}

/** As what a hello with this ticket is recognised. */
async function kindOf(front: TestFront, session: Buffer): Promise<string> {
  const before = { ...front.gate.counters.hellos };
  const peer = await TestPeer.secure(front.port, { session });
  peer.socket.destroy();
  const { hellos } = front.gate.counters;
  return hellos.member > before.member ? "member" : hellos.stranger > before.stranger ? "stranger" : "nothing";
}

describe("a listener with TLS", () => {
  it("recognises whoever was admitted by a token, first by his stranger's ticket and then by a member's", () =>
    secured(async (front) => {
      const first = await admitted(front);
      assert.equal(front.gate.counters.hellos.stranger, 1);
      const ticket = first.verdict.kind === "admitted" ? first.verdict.tickets[0] : undefined;
      assert.ok(ticket !== undefined);
      const peer = await TestPeer.secure(front.port, { session: first.session });
      assert.equal((await peer.prove({ kind: "ticket", ticket })).kind, "admitted");
      assert.equal(front.gate.counters.hellos.member, 1);
      assert.equal(await kindOf(front, await leave(peer)), "member");
      assert.deepEqual(front.gate.counters.admitted, { A: 0, B: 1, C: 1, D: 0, E: 0 });
    }));

  it("recognises each ticket of a connection that was admitted, and none of one beside it", () =>
    secured(async (front) => {
      const [member, other] = [await TestPeer.secure(front.port), await TestPeer.secure(front.port)];
      await other.prove(none);
      await member.prove({ kind: "token", token: front.tokens.issue(new Uint8Array(tokenBytes).fill(200)) });
      for (const peer of [member, other]) peer.socket.destroy();
      assert.deepEqual([member.sessions.length, other.sessions.length], [2, 2]);
      for (const session of member.sessions) assert.equal(await kindOf(front, session), "member");
      for (const session of other.sessions) assert.equal(await kindOf(front, session), "stranger");
    }));

  it("survives hellos whose connection is reset at once, and counts each", () =>
    secured(async (front) => {
      const count = 400;
      for (let i = 0; i < count; i++) {
        await new Promise<void>((resolve, reject) => {
          const socket = connectTcp(front.port, "127.0.0.1", () =>
            socket.write(capturedHellos.chromium, () => socket.resetAndDestroy()),
          );
          socket.on("error", reject).on("close", () => resolve());
        });
      }
      const peer = await TestPeer.secure(front.port);
      assert.equal((await peer.prove(none)).kind, "admitted");
      assert.equal(front.gate.counters.arrivals, count + 1);
    }));

  it("gives new tickets on every connection, however it was recognised", () =>
    secured(async (front) => {
      let { session } = await admitted(front);
      for (let visit = 0; visit < 4; visit++) {
        const peer = await TestPeer.secure(front.port, { session });
        await peer.prove(none);
        assert.equal(peer.sessions.length, 2);
        session = await leave(peer);
      }
      assert.equal(front.gate.counters.hellos.member, 4);
    }));

  it("takes a harvested ticket for a stranger's: nothing was proved with it", () =>
    secured(async (front) => {
      const peer = await TestPeer.secure(front.port);
      assert.equal((await peer.prove(none)).kind, "admitted");
      const session = await leave(peer);
      assert.equal(await kindOf(front, session), "stranger");
    }));

  it("recognises members after a restart, and tickets of the period before", async () => {
    const keys = TicketKeys.make(0);
    let session: Buffer = Buffer.alloc(0);
    await secured(
      async (front) => {
        ({ session } = await admitted(front, (await admitted(front)).session));
      },
      { keys },
    );
    const again = TicketKeys.read(keys.bytes);
    assert.ok(again !== undefined);
    let changes = 0;
    const keysChanged = () => {
      changes += 1;
    };
    await secured(
      async (front) => {
        assert.equal(await kindOf(front, session), "member");
        // The clock stands in the midst of some day: the period since 0 is long over.
        front.listener.tick();
        assert.equal(changes, 1);
        assert.equal(await kindOf(front, session), "member");
        front.clock.advance(ticketPeriodMs);
        front.listener.tick();
        assert.equal(await kindOf(front, session), "stranger");
      },
      { keys: again, keysChanged },
    );
  });

  it("takes a hello in as many pieces as networks make of it", () =>
    secured(async (front) => {
      const raw = connectTcp({ port: front.port, host: "127.0.0.1", noDelay: true });
      raw.on("error", () => undefined);
      for (let at = 0; at < capturedHellos.chromium.length; at += 536) {
        raw.write(capturedHellos.chromium.subarray(at, at + 536));
        await turn();
      }
      // The answer to a hello that somebody else's browser sent once: a real handshake begins.
      const [answer] = await new Promise<Buffer[]>((resolve) => raw.once("data", (...data: Buffer[]) => resolve(data)));
      assert.equal(answer?.[0], 22);
      raw.destroy();
    }));

  it("resets what is no hello, and what is too long or in too many pieces", () =>
    secured(async (front) => {
      const outcomeOf = async (...sent: (string | Uint8Array)[]) => {
        front.gate.counters.lost.clear();
        const peer = await TestPeer.connect(front.port);
        for (const each of sent) {
          peer.write(each);
          await turn();
          await turn();
        }
        await peer.closed;
        return Object.keys(lost(front)).join();
      };
      assert.equal(await outcomeOf("GET / HTTP/1.1\r\n\r\n"), "peek-junk");
      assert.equal(await outcomeOf(new Uint8Array([22, 3, 1, 0x40, 0])), "peek-too-long");
      const bytes = [...capturedHellos.openssl].slice(0, 40).map((byte) => Buffer.from([byte]));
      assert.equal(await outcomeOf(...bytes), "peek-too-long");
    }));

  it("lets go of who breaks off, stalls, or speaks an older TLS", () =>
    secured(async (front) => {
      const { counters } = front.gate;
      const stalled = await TestPeer.connect(front.port);
      stalled.write(capturedHellos.firefox);
      await stalled.until((received) => received.length > 0);
      assert.equal(counters.open.tls, 1);
      front.pass(5_000);
      await stalled.closed;
      const broken = await TestPeer.connect(front.port);
      broken.write(capturedHellos.firefox);
      await broken.until((received) => received.length > 0);
      broken.write("no handshake message");
      await broken.closed;
      const left = await TestPeer.connect(front.port);
      left.write(capturedHellos.firefox);
      await left.until((received) => received.length > 0);
      left.socket.resetAndDestroy();
      const old = connectTls({ port: front.port, host: "127.0.0.1", maxVersion: "TLSv1.2", rejectUnauthorized: false });
      await new Promise((resolve) => old.on("error", () => undefined).on("close", resolve));
      while (counters.unadmitted > 0) await turn();
      assert.equal(lost(front)["tls-error"], 3);
      assert.equal((lost(front)["tls-timeout"] ?? 0) + (lost(front)["tls-shed"] ?? 0), 1);
      assert.deepEqual([front.gate.handshakes.waiting, front.gate.handshakes.inFlight], [0, 0]);
    }));

  it("shows the website over TLS", () =>
    secured(async (front) => {
      const peer = await TestPeer.secure(front.port);
      peer.write("GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      await peer.until((received) => received.includes("site /page"));
      await peer.closed;
      while (front.gate.counters.connections > 0) await turn();
    }));

  it("sees a refused peer out", () =>
    secured(async (front) => {
      const peer = await TestPeer.secure(front.port);
      assert.equal((await peer.prove({ kind: "ticket", ticket: new Uint8Array(35) })).kind, "refused");
      await peer.closed;
      assert.deepEqual([...peer.received], [0x88, 2, 0x03, 0xf5]);
    }));

  it("does many handshakes at once", () =>
    secured(async (front) => {
      const peers = await Promise.all(Array.from({ length: 40 }, () => TestPeer.secure(front.port)));
      for (const peer of peers) peer.socket.destroy();
      while (front.gate.counters.connections > 0) await turn();
      assert.equal(front.gate.counters.hellos.stranger, 40);
    }));
});
