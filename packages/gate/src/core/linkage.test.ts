/**
 * Nothing in the gate links a ticket or a token to whom it was issued to. An account is marked where tokens are issued,
 * one is redeemed, and then everything that the gate holds, says and could decrypt is searched for the mark.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gateLimits, toHex } from "@rempart/protocol";
import { deriveKey } from "./keys.ts";
import { arrived, makeWorld, nodeCrypto, SeededEntropy, secret, sourceOf } from "./testing/fakes.ts";
import { type Holdings, heldBy } from "./testing/held-by.ts";
import { ticketProof, tokenProof } from "./testing/proofs.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const windowBytes = 8;

/** What the issuer and the client know of one issuance. Blinding is modelled by a mask that only the client knows. */
function issueBlindly(mark: number) {
  const entropy = new SeededEntropy(mark);
  const token = entropy.bytes(2 + 32 * 3 + 256);
  const mask = entropy.bytes(256);
  const blinded = token.slice(-256).map((byte, i) => byte ^ (mask[i] ?? 0));
  return { accountId: entropy.bytes(32), deviceId: entropy.bytes(16), blinded, token };
}

/** Every stretch of eight bytes of these, as hexadecimal. */
function stretches(...all: readonly Uint8Array[]): Set<string> {
  const found = new Set<string>();
  for (const bytes of all) {
    for (let at = 0; at + windowBytes <= bytes.length; at++) found.add(toHex(bytes.subarray(at, at + windowBytes)));
  }
  return found;
}

/** A text may be bytes in disguise: as they are, as hexadecimal, or two in each character. */
function bytesOf({ texts, bytes }: Holdings): Uint8Array[] {
  const disguised = texts.flatMap((text) => [
    Buffer.from(text),
    Buffer.from(text, "hex"),
    Buffer.from(text, "utf16le").swap16(),
  ]);
  return [...bytes, ...disguised];
}

describe("linkage", () => {
  it("nothing that is known where a token is issued is known where it is redeemed [GT13]", async () => {
    const world = makeWorld();
    const { gate, spent, tokens } = world;
    const issued = issueBlindly(4_242);
    const others = [1, 2, 3].map(issueBlindly);
    for (const { token } of [issued, ...others]) tokens.issue(token);
    const said: unknown[] = [];
    const tickets: Uint8Array[] = [];
    for (const [i, { token }] of [issued, ...others].entries()) {
      const visit = arrived(gate, sourceOf(i));
      const verdict = await visit.prove(tokenProof(token));
      assert.ok(verdict.kind === "admitted");
      tickets.push(...verdict.tickets);
      said.push(visit, verdict, visit.source);
    }
    const again = await arrived(gate, sourceOf(1)).prove(ticketProof(tickets[0] ?? new Uint8Array(35)));
    const held = [...spent.ids.keys()].map((id) => Buffer.from(id, "hex"));
    // The verifier and the spent set are others' and stand outside; what the spent set was given is added.
    const kept = heldBy({ gate, said, again, explained: gate.explain(sourceOf(0)) }, [world.ports, tokens, spent]);
    const keptStretches = stretches(...bytesOf(kept), ...held, ...tickets.map(plainOf));

    for (const part of [issued.accountId, issued.deviceId, issued.blinded]) {
      for (const stretch of stretches(part)) assert.ok(!keptStretches.has(stretch), "a mark of the account is kept");
    }
    for (const stretch of stretches(issued.token)) assert.ok(!keptStretches.has(stretch), "the token itself is kept");
    // The net has no hole: what is kept is found.
    const expected = {
      secret,
      prefix: Buffer.from(sourceOf(0).prefix),
      ticket: tickets[3],
      spent: held[0]?.subarray(0, 16),
    };
    for (const [name, bytes] of Object.entries(expected)) {
      const inMemory = stretches(...bytesOf(kept));
      assert.ok(bytes !== undefined && [...stretches(bytes)].every((stretch) => inMemory.has(stretch)), name);
    }
  });

  it("all tickets of one hour and class say the same, whoever has them and however he came by them [GT10]", async () => {
    const { gate, tokens, clock } = makeWorld();
    const plains = new Set<string>();
    const shown: Uint8Array[] = [];
    for (let mark = 0; mark < 20; mark++) {
      const { token } = issueBlindly(100 + mark);
      const verdict = await arrived(gate, sourceOf(mark)).prove(tokenProof(tokens.issue(token)));
      assert.ok(verdict.kind === "admitted");
      const next = await arrived(gate, sourceOf(mark)).prove(ticketProof(verdict.tickets[0] ?? new Uint8Array(35)));
      assert.ok(next.kind === "admitted");
      for (const ticket of [...verdict.tickets, ...next.tickets]) {
        plains.add(toHex(plainOf(ticket)));
        shown.push(ticket);
      }
      clock.advance(60_000);
    }
    const end = Math.floor((Date.UTC(2026, 5, 12, 9, 30) + gateLimits.ticketLifetimeMs) / hourMs);
    assert.deepEqual([...plains], [`0200${end.toString(16).padStart(8, "0")}`]);
    assert.equal(new Set(shown.map(toHex)).size, shown.length, "and none looks like another");
  });
});

/** What the gate itself, with its secret, reads in a ticket. */
function plainOf(ticket: Uint8Array): Uint8Array {
  const day = Math.floor(Date.UTC(2026, 5, 12) / dayMs);
  assert.equal(ticket[0], day % 256);
  const key = deriveKey(nodeCrypto, secret, { use: "ticket key", index: day });
  const plain = nodeCrypto.open(key, ticket.subarray(1, 13), ticket.subarray(13));
  assert.ok(plain !== undefined);
  return plain;
}
