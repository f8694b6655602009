import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { asId, type Entry, toHex } from "@rempart/protocol";
import fc from "fast-check";
import { SessionError } from "../errors.ts";
import { deterministicProvider, seededEntropy } from "../provider/deterministic.ts";
import { chainNext, chainStart } from "./chain.ts";
import { decodeEnvelope, encodeEnvelope } from "./envelope.ts";

const crypto = deterministicProvider(seededEntropy("envelope", () => 0));
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const envelope = fc.record({
  head: fc.record({ seq: fc.maxSafeNat(), chain: hash }),
  content: fc.uint8Array({ maxLength: 500 }),
});

test("[CN30] an envelope decodes to what was encoded", () => {
  fc.assert(
    fc.property(envelope, (value) => assert.deepEqual(decodeEnvelope(encodeEnvelope(value)), structuredClone(value))),
  );
});

test("[CN30] version, seq and chain stand at fixed places", () => {
  const chain = new Uint8Array(32).fill(0xab);
  const bytes = encodeEnvelope({ head: { seq: 258, chain }, content: Uint8Array.of(7) });
  assert.equal(toHex(bytes), `010000000000000102${"ab".repeat(32)}0000000107`);
});

test("[CN2] [CN30] junk, cut and other versions' envelopes fail with ERR_CONTENT", () => {
  const bytes = encodeEnvelope({ head: { seq: 1, chain: chainStart }, content: Uint8Array.of(1, 2, 3) });
  const refuses = (junk: Uint8Array) => assert.throws(() => decodeEnvelope(junk), { code: "ERR_CONTENT" });
  for (let length = 0; length < bytes.length; length++) refuses(bytes.subarray(0, length));
  refuses(Uint8Array.of(...bytes, 0));
  refuses(Uint8Array.of(2, ...bytes.subarray(1)));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (junk) => {
      try {
        assert.deepEqual(encodeEnvelope(decodeEnvelope(junk)), junk);
      } catch (error) {
        assert.ok(error instanceof SessionError && error.code === "ERR_CONTENT", String(error));
      }
    }),
  );
});

const entryAt = (seq: number): Pick<Entry, "seq" | "entryId" | "bytes"> => ({
  seq,
  entryId: asId("EntryId", new Uint8Array(16).fill(seq)),
  bytes: Uint8Array.of(seq, seq, seq),
});

async function chainOf(entries: readonly Pick<Entry, "seq" | "entryId" | "bytes">[]): Promise<string> {
  let chain = chainStart;
  for (const entry of entries) chain = await chainNext(crypto, chain, entry);
  return toHex(chain);
}

test("[CN32] the chain hash is SHA-256 of the one before, seq, entry id and the hash of the bytes", async () => {
  const { entryId, bytes } = entryAt(5);
  const inner = createHash("sha256").update(bytes).digest();
  const input = Buffer.concat([Buffer.alloc(32), Buffer.from("0000000000000005", "hex"), entryId, inner]);
  assert.equal(await chainOf([entryAt(5)]), createHash("sha256").update(input).digest("hex"));
});

test("[CN31] [CN32] two logs that differ in order, in an entry or in its id have different chains", async () => {
  const changed = { ...entryAt(2), bytes: Uint8Array.of(9) };
  const renamed = { ...entryAt(2), entryId: entryAt(9).entryId };
  const logs = [
    [entryAt(1), entryAt(2), entryAt(3)],
    [entryAt(1), entryAt(3), entryAt(2)],
    [entryAt(1), entryAt(3)],
    [entryAt(1), changed, entryAt(3)],
    [entryAt(1), renamed, entryAt(3)],
  ];
  assert.equal(new Set(await Promise.all(logs.map(chainOf))).size, logs.length);
});
