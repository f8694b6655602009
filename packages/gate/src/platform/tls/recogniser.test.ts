import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import fc from "fast-check";
import { testCertificate } from "../testing/certificate.ts";
import { Recogniser } from "./recogniser.ts";
import { masterKeyOf } from "./session.ts";
import type { TicketKey } from "./ticket-key.ts";
import { TicketKeys, ticketPeriodMs } from "./ticket-keys.ts";

/** A ticket that this OpenSSL made with a key, and the server's session when it had been sent. */
async function realTicket(key: TicketKey): Promise<{ ticket: Buffer; session: Buffer }> {
  const server = createServer({ ...testCertificate, minVersion: "TLSv1.3", ticketKeys: key.bytes });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
  });
  const sessions: Buffer[] = [];
  client.on("session", (each: Buffer) => sessions.push(each));
  const [atServer] = (await once(server, "secureConnection")) as [TLSSocket];
  client.write("ping");
  await once(atServer, "data");
  const session = atServer.getSession();
  atServer.write("pong");
  await once(client, "data");
  client.destroy();
  atServer.destroy();
  server.close();
  // The client's serialised session holds the ticket as it came.
  const last = sessions.at(-1);
  assert.ok(last !== undefined && session !== undefined);
  const at = last.indexOf(key.bytes.subarray(0, 16));
  const length = last.readUInt16BE(at - 2);
  return { ticket: last.subarray(at, at + (length < 1_024 ? length : (last[at - 1] ?? 0))), session };
}

const kindOf = (recogniser: Recogniser, ...tickets: Buffer[]) => recogniser.recognise(tickets).kind;

describe("the recogniser", () => {
  it("names the context that did not make the ticket", async () => {
    const keys = TicketKeys.make(0);
    const recogniser = new Recogniser(keys, 0);
    for (const kind of ["members", "strangers"] as const) {
      for (const maker of [0, 1] as const) {
        const { ticket } = await realTicket(keys.current[kind][maker]);
        assert.equal(recogniser.recognise([ticket]).context, 1 - maker);
      }
    }
  });

  it("knows a real ticket of the members' context, of this period and the one before", async () => {
    const keys = TicketKeys.make(0);
    const { ticket } = await realTicket(keys.current.members[0]);
    const recogniser = new Recogniser(keys, 0);
    assert.equal(kindOf(recogniser, ticket), "member");
    assert.equal(keys.turn(ticketPeriodMs - 1), false);
    assert.equal(keys.turn(ticketPeriodMs), true);
    assert.equal(kindOf(recogniser, Buffer.alloc(240), ticket), "member");
    keys.turn(2 * ticketPeriodMs);
    assert.equal(kindOf(recogniser, ticket), "stranger");
  });

  it("takes a stranger's ticket for a member's once its session was admitted, and no other", async () => {
    const keys = TicketKeys.make(0);
    const [admitted, harvested] = [
      await realTicket(keys.current.strangers[1]),
      await realTicket(keys.current.strangers[1]),
    ];
    const recogniser = new Recogniser(keys, 0);
    assert.equal(kindOf(recogniser, admitted.ticket), "stranger");
    recogniser.promote([admitted.session]);
    assert.equal(kindOf(recogniser, admitted.ticket), "member");
    assert.equal(kindOf(recogniser, harvested.ticket), "stranger");
    keys.turn(ticketPeriodMs);
    assert.equal(kindOf(recogniser, admitted.ticket), "member");
  });

  it("forgets who was admitted after a day at most", async () => {
    const keys = TicketKeys.make(0);
    const { ticket, session } = await realTicket(keys.current.strangers[1]);
    const recogniser = new Recogniser(keys, 0);
    recogniser.promote([session]);
    for (const hours of [12, 24]) recogniser.tick(hours * 3_600_000);
    assert.equal(kindOf(recogniser, ticket), "stranger");
  });

  it("takes one ticket eight times an hour or two, whatever else happens", async () => {
    const keys = TicketKeys.make(0);
    const { ticket } = await realTicket(keys.current.members[0]);
    const recogniser = new Recogniser(keys, 0);
    const kinds = Array.from({ length: 10 }, () => kindOf(recogniser, ticket));
    assert.deepEqual(kinds, [...Array<string>(8).fill("member"), "stranger", "stranger"]);
    recogniser.tick(3_600_000);
    assert.equal(kindOf(recogniser, ticket), "stranger");
    recogniser.tick(7_200_000);
    recogniser.tick(10_800_000);
    assert.equal(kindOf(recogniser, ticket), "member");
  });

  it("takes nothing that was changed or cut", async () => {
    const keys = TicketKeys.make(0);
    const { ticket } = await realTicket(keys.current.members[0]);
    const recogniser = new Recogniser(keys, 0);
    fc.assert(
      fc.property(fc.nat(ticket.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const forged = Buffer.from(ticket);
        forged[at] = (forged[at] ?? 0) ^ difference;
        assert.equal(kindOf(recogniser, forged), "stranger");
        assert.equal(kindOf(recogniser, ticket.subarray(0, at)), "stranger");
        assert.equal(kindOf(recogniser, ticket.subarray(at + 1)), "stranger");
      }),
    );
    assert.equal(kindOf(recogniser), "stranger");
    assert.equal(kindOf(recogniser, Buffer.alloc(80), Buffer.alloc(80), ticket), "stranger");
  });
});

describe("ticket keys", () => {
  it("are the same after a restart", () => {
    const keys = TicketKeys.make(5);
    keys.turn(5 + ticketPeriodMs);
    const again = TicketKeys.read(keys.bytes);
    assert.deepEqual(again?.bytes, keys.bytes);
    assert.equal(again?.turn(5 + 2 * ticketPeriodMs - 1), false);
    assert.deepEqual(again?.current.members[1].bytes, keys.current.members[1].bytes);
    assert.deepEqual(again?.previous.strangers[0].bytes, keys.previous.strangers[0].bytes);
  });

  it("are read from nothing else", () => {
    const { bytes } = TicketKeys.make(5);
    assert.equal(TicketKeys.read(bytes.subarray(1)), undefined);
    assert.equal(TicketKeys.read(Buffer.concat([Buffer.from([2]), bytes.subarray(1)])), undefined);
  });

  it("all differ", () => {
    const { current, previous } = TicketKeys.make(5);
    const all = [current, previous].flatMap(({ members, strangers }) => [...members, ...strangers]);
    assert.equal(new Set(all.map(({ bytes }) => bytes.toString("hex", 0, 16))).size, 8);
  });
});

describe("a serialised session", () => {
  it("shows its master key", async () => {
    const { current } = TicketKeys.make(0);
    const { ticket, session } = await realTicket(current.strangers[0]);
    const key = masterKeyOf(session);
    assert.ok(key !== undefined && key.length >= 32);
    const sealed = current.strangers[0].open(ticket);
    assert.ok(sealed !== undefined);
    assert.deepEqual(Buffer.from(masterKeyOf(sealed) ?? []), Buffer.from(key));
  });

  it("that is none shows nothing, and does no harm", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const key = masterKeyOf(bytes);
        assert.ok(key === undefined || key.length <= bytes.length);
      }),
    );
    assert.equal(masterKeyOf(Buffer.from("300a0201010201020400040004", "hex")), undefined);
  });
});
