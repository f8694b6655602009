import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decode, encode } from "../codec.ts";
import { ProtocolError } from "../errors.ts";
import { fromHex, toHex } from "../ids.ts";
import { gateLimits } from "./limits.ts";
import { tokenBytes } from "./proof.ts";
import {
  challengeDigestOf,
  gateChallengeDigest,
  rsaBytes,
  tokenChallengeCodec,
  tokenCodec,
  tokenDayOf,
  tokenEndOf,
  tokenInput,
  tokenKeyIdOf,
  tokenKeyInfo,
} from "./token.ts";

const malformed = (error: unknown) => error instanceof ProtocolError && error.code === "ERR_MALFORMED";
const bytesOf = (lengthMin: number, lengthMax = lengthMin) =>
  fc.uint8Array({ minLength: lengthMin, maxLength: lengthMax });
const aToken = {
  tokenType: 2 as const,
  nonce: new Uint8Array(32).fill(1),
  challengeDigest: gateChallengeDigest,
  keyId: new Uint8Array(32).fill(2),
  authenticator: new Uint8Array(256).fill(3),
};

describe("tokens", () => {
  it("[GT11] have 354 bytes, the first 98 of which are what is signed", () => {
    const bytes = encode(tokenCodec, aToken);
    assert.equal(bytes.length, tokenBytes);
    assert.deepEqual(bytes.subarray(0, 98), tokenInput(aToken));
    assert.deepEqual(decode(tokenCodec, bytes), aToken);
  });

  it("[GT11] of another type, too short or too long are malformed", () => {
    const bytes = encode(tokenCodec, aToken);
    for (const type of [0, 1, 3, 0xda7a]) {
      const other = bytes.slice();
      new DataView(other.buffer).setUint16(0, type);
      assert.throws(() => decode(tokenCodec, other), malformed);
    }
    assert.throws(() => decode(tokenCodec, bytes.subarray(1)), malformed);
    assert.throws(() => decode(tokenCodec, Uint8Array.of(...bytes, 0)), malformed);
  });

  it("decode to themselves or not at all, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          bytesOf(0, 400),
          bytesOf(352).map((rest) => Uint8Array.of(0, 2, ...rest)),
        ),
        (bytes) => {
          let token: ReturnType<typeof decodeToken>;
          try {
            token = decodeToken(bytes);
          } catch (error) {
            return malformed(error);
          }
          return toHex(encode(tokenCodec, token)) === toHex(bytes);
        },
      ),
    );
  });
});

const decodeToken = (bytes: Uint8Array) => decode(tokenCodec, bytes);

describe("token challenges", () => {
  it("travel as RFC 9577 writes them, and hash to the published digest", () => {
    const challenge = {
      tokenType: 2,
      issuerName: new TextEncoder().encode("issuer.example"),
      redemptionContext: new Uint8Array(0),
      originInfo: new TextEncoder().encode("origin.example"),
    };
    assert.equal(
      toHex(encode(tokenChallengeCodec, challenge)),
      "0002000e6973737565722e6578616d706c6500000e6f726967696e2e6578616d706c65",
    );
    assert.equal(
      toHex(challengeDigestOf(challenge)),
      "11e15c91a7c2ad02abd66645802373db1d823bea80f08d452541fb2b62b5898b",
    );
  });

  it("need an issuer's name, and a context of 0 or 32 bytes", () => {
    for (const text of ["000200000000", "0002000161010100", "00020001612100000000"]) {
      assert.throws(() => decode(tokenChallengeCodec, fromHex(text)), malformed);
    }
  });

  it("decode to themselves or not at all, whatever the bytes", () => {
    fc.assert(
      fc.property(bytesOf(0, 90), (bytes) => {
        let challenge: ReturnType<typeof decodeChallenge>;
        try {
          challenge = decodeChallenge(bytes);
        } catch (error) {
          return malformed(error);
        }
        return toHex(encode(tokenChallengeCodec, challenge)) === toHex(bytes);
      }),
    );
  });
});

const decodeChallenge = (bytes: Uint8Array) => decode(tokenChallengeCodec, bytes);

describe("token keys", () => {
  it("[GT31] have one writing: what is no modulus of 2048 bits is refused", () => {
    const good = new Uint8Array(rsaBytes).fill(0xff);
    assert.equal(tokenKeyInfo(good).length, 342);
    assert.equal(tokenKeyIdOf(good).length, 32);
    for (const bad of [good.subarray(1), good.with(0, 0x7f), good.with(255, 0xfe), new Uint8Array(257).fill(0xff)]) {
      assert.throws(() => tokenKeyInfo(bad), malformed);
    }
  });

  it("[GT31] end a week after their day", () => {
    const day = tokenDayOf(1_800_000_000_000);
    assert.equal(day, 20_833);
    assert.equal(tokenDayOf(tokenEndOf(day)), day + 1 + gateLimits.tokenDaysKept);
    assert.equal(tokenEndOf(day) % 86_400_000, 0);
  });
});
