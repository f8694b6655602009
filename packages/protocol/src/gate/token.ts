/**
 * Tokens of the gate: Privacy Pass with publicly verifiable tokens (RFC 9577 §2.1, RFC 9578 §6): blind RSA-2048 over
 * PSS with SHA-384. Structures only; who signs, blinds and verifies stands elsewhere.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { type Codec, encode, fixed, struct, u8, u16, type ValueOf } from "../codec.ts";
import { ProtocolError } from "../errors.ts";
import { gateLimits } from "./limits.ts";

/** "Blind RSA (2048-bit)" in the registry of RFC 9578 §8.2.1. */
export const tokenType = 2;

/** An RSA-2048 number: a modulus, a blinded message, a signature. */
export const rsaBytes = 256;

/** Opaque bytes behind a u16 length. */
function opaque(lengthMin: number): Codec<Uint8Array> {
  const lengthMax = 65_535;
  return {
    encode(writer, value) {
      if (value.length < lengthMin || value.length > lengthMax)
        throw new RangeError(`${value.length} bytes do not fit`);
      writer.uint(value.length, 2);
      writer.bytes(value);
    },
    decode(reader) {
      const length = reader.uint(2);
      if (length < lengthMin) throw new ProtocolError("ERR_MALFORMED", "a field is too short");
      return reader.bytes(length);
    },
  };
}

/** Nothing, or 32 bytes. */
const redemptionContext: Codec<Uint8Array> = {
  encode(writer, value) {
    if (value.length !== 0 && value.length !== 32) throw new RangeError("a redemption context has 0 or 32 bytes");
    u8.encode(writer, value.length);
    writer.bytes(value);
  },
  decode(reader) {
    const length = u8.decode(reader);
    if (length !== 0 && length !== 32)
      throw new ProtocolError("ERR_MALFORMED", "a redemption context has 0 or 32 bytes");
    return reader.bytes(length);
  },
};

/** What a token is for: `TokenChallenge`. Of any token type, so that it can be hashed whatever it asks for. */
export const tokenChallengeCodec = struct({
  tokenType: u16,
  /** ASCII, at least one byte. */
  issuerName: opaque(1),
  redemptionContext,
  /** ASCII: hosts separated by commas; empty when any may redeem. */
  originInfo: opaque(0),
});
export type TokenChallenge = ValueOf<typeof tokenChallengeCodec>;

/** SHA-256 of the challenge as it travels, 32 bytes. */
export function challengeDigestOf(challenge: TokenChallenge): Uint8Array {
  return sha256(encode(tokenChallengeCodec, challenge));
}

const ascii = (text: string) => new TextEncoder().encode(text);

/**
 * The one challenge of Rempart's gates. It names no host, because a server has several (its name, its address, an
 * edge) and a token must be good at each. What binds it to one server is the key that signed it.
 */
const gateChallenge: TokenChallenge = {
  tokenType,
  issuerName: ascii("rempart"),
  redemptionContext: new Uint8Array(0),
  originInfo: ascii("rempart"),
};

/** What every token of a gate has as its challenge digest. */
export const gateChallengeDigest: Uint8Array = challengeDigestOf(gateChallenge);

/** Only type 2: any other is malformed here. */
const onlyType: Codec<typeof tokenType> = {
  encode: (writer) => u16.encode(writer, tokenType),
  decode(reader) {
    if (u16.decode(reader) !== tokenType) throw new ProtocolError("ERR_MALFORMED", "not a token of type 2");
    return tokenType;
  },
};

const signedFields = { tokenType: onlyType, nonce: fixed(32), challengeDigest: fixed(32), keyId: fixed(32) } as const;
const tokenInputCodec = struct(signedFields);

/** A token: 354 bytes, good once. */
export const tokenCodec = struct({ ...signedFields, authenticator: fixed(rsaBytes) });
export type Token = ValueOf<typeof tokenCodec>;

/** What a token's authenticator signs, 98 bytes. `nonce` is the client's, 32 random bytes. */
export function tokenInput(fields: Pick<Token, "nonce" | "challengeDigest" | "keyId">): Uint8Array<ArrayBuffer> {
  return encode(tokenInputCodec, { ...fields, tokenType });
}

/**
 * DER around the modulus in a SubjectPublicKeyInfo as RFC 9578 §6.5 wants it: the OID is RSASSA-PSS, with SHA-384, MGF1
 * with SHA-384 and a salt of 48 bytes; the exponent is 65537. With everything but the modulus fixed, a key has one
 * encoding, and so one id: an issuer cannot tell people apart by giving each another writing of the same key.
 */
const keyInfoHead = Uint8Array.from([
  0x30, 0x82, 0x01, 0x52, 0x30, 0x3d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x30,
  0xa0, 0x0d, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0xa1, 0x1a, 0x30, 0x18,
  0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
  0x65, 0x03, 0x04, 0x02, 0x02, 0xa2, 0x03, 0x02, 0x01, 0x30, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a,
  0x02, 0x82, 0x01, 0x01, 0x00,
]);
const keyInfoTail = Uint8Array.of(0x02, 0x03, 0x01, 0x00, 0x01);

/** The SubjectPublicKeyInfo of an RSA-2048 key. Throws `ERR_MALFORMED` when `modulus` is no such modulus. */
export function tokenKeyInfo(modulus: Uint8Array): Uint8Array<ArrayBuffer> {
  const isModulus =
    modulus.length === rsaBytes && (modulus[0] ?? 0) >= 0x80 && ((modulus[rsaBytes - 1] ?? 0) & 1) === 1;
  if (!isModulus) throw new ProtocolError("ERR_MALFORMED", "not the modulus of an RSA-2048 key");
  const info = new Uint8Array(keyInfoHead.length + rsaBytes + keyInfoTail.length);
  info.set(keyInfoHead);
  info.set(modulus, keyInfoHead.length);
  info.set(keyInfoTail, keyInfoHead.length + rsaBytes);
  return info;
}

/** The id of a key: SHA-256 of its SubjectPublicKeyInfo, 32 bytes. Throws as {@link tokenKeyInfo}. */
export function tokenKeyIdOf(modulus: Uint8Array): Uint8Array {
  return sha256(tokenKeyInfo(modulus));
}

const dayMs = 86_400_000;

/** The UTC day of a time, counted from the Unix epoch: what names the issuer's keys. */
export function tokenDayOf(timeMs: number): number {
  return Math.floor(timeMs / dayMs);
}

/** When the tokens of a day's key are no longer taken, milliseconds since the Unix epoch. */
export function tokenEndOf(day: number): number {
  return (day + 1 + gateLimits.tokenDaysKept) * dayMs;
}
