import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decode, encode } from "../codec.ts";
import { ProtocolError } from "../errors.ts";
import { gateLimits } from "./limits.ts";
import { type Proof, proofCodec, ticketBytes, tokenBytes, type Verdict, verdictCodec } from "./proof.ts";

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** Objects as the decoder makes them. */
const plain = { noNullPrototype: true };
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);

const proofs: fc.Arbitrary<Proof> = fc.oneof(
  fc.constant({ kind: "none" as const }),
  fc.record({ kind: fc.constant("ticket" as const), ticket: bytesOf(ticketBytes) }, plain),
  fc.record({ kind: fc.constant("token" as const), token: bytesOf(tokenBytes) }, plain),
  fc.record(
    { kind: fc.constant("work" as const), seed: bytesOf(16), nonce: bytesOf(16), effort: u16, solution: bytesOf(8) },
    plain,
  ),
);
const mode = fc.constantFrom("normal" as const, "guarded" as const, "siege" as const);
const puzzle = fc.option(fc.record({ seed: bytesOf(16), effort: u16, validMs: u32 }, plain), { nil: undefined });
const verdicts: fc.Arbitrary<Verdict> = fc.oneof(
  fc.record(
    {
      kind: fc.constant("admitted" as const),
      mode,
      tickets: fc.array(bytesOf(ticketBytes), { maxLength: gateLimits.ticketsPerVerdictMax }),
    },
    plain,
  ),
  fc.record(
    {
      kind: fc.constant("refused" as const),
      mode,
      reason: fc.constantFrom("busy" as const, "prove" as const, "gone" as const),
      retryAfterMs: u32,
      puzzle,
    },
    plain,
  ),
);

describe("[GT1] proofs and verdicts", () => {
  it("come out as they went in, within their limits", () => {
    fc.assert(
      fc.property(proofs, (proof) => {
        const bytes = encode(proofCodec, proof);
        assert.ok(bytes.length <= gateLimits.proofBytesMax);
        assert.deepEqual(decode(proofCodec, bytes), proof);
      }),
    );
    fc.assert(
      fc.property(verdicts, (verdict) => {
        const bytes = encode(verdictCodec, verdict);
        assert.ok(bytes.length <= gateLimits.verdictBytesMax);
        assert.deepEqual(decode(verdictCodec, bytes), verdict);
      }),
    );
  });

  it("are decoded totally: a value that encodes to the same bytes, or a coded error", () => {
    const kind = fc.integer({ min: 0, max: 4 });
    const arbitrary = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc.tuple(kind, fc.uint8Array({ maxLength: 400 })).map(([first, rest]) => Uint8Array.of(first, ...rest)),
      proofs.map((proof) => encode(proofCodec, proof)),
      verdicts.map((verdict) => encode(verdictCodec, verdict)),
    );
    fc.assert(
      fc.property(arbitrary, fc.nat(600), (bytes, cut) => {
        for (const input of [bytes, bytes.subarray(0, cut), Uint8Array.of(...bytes, cut & 0xff)]) {
          assertTotal(input);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("have the kinds and sizes that the rules name", () => {
    assert.deepEqual([...encode(proofCodec, { kind: "none" })], [0]);
    assert.equal(encode(proofCodec, { kind: "ticket", ticket: new Uint8Array(35) }).length, 36);
    assert.equal(encode(proofCodec, { kind: "token", token: new Uint8Array(354) }).length, 355);
    assert.throws(() => encode(proofCodec, { kind: "ticket", ticket: new Uint8Array(34) }), RangeError);
  });
});

function assertTotal(bytes: Uint8Array): void {
  for (const codec of [proofCodec, verdictCodec]) {
    try {
      assert.deepEqual(
        encode(codec as typeof proofCodec, decode(codec as typeof proofCodec, bytes)),
        Uint8Array.from(bytes),
      );
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
      assert.ok(["ERR_MALFORMED", "ERR_TOO_LARGE"].includes(error.code));
    }
  }
}
