/**
 * Test vectors of Privacy Pass, in the two shapes in which they are published: what a token signs (RFC 9577), and
 * issuance with publicly verifiable tokens (RFC 9578, Appendix B.2). Run with the very code that clients and servers use.
 */
import { createPrivateKey } from "node:crypto";
import { webTokenBlinder } from "@rempart/client/platform/node";
import {
  challengeDigestOf,
  decode,
  encode,
  fromHex,
  sameBytes,
  tokenChallengeCodec,
  tokenCodec,
  tokenInput,
  tokenKeyIdOf,
  tokenKeyInfo,
  tokenType,
} from "@rempart/protocol";
import { NodeTokenRsa } from "@rempart/server";
import { messageOf } from "./lab-error.ts";
import type { FileRunner, VectorCase } from "./vectors.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Throws when the file is no list of cases, or a case is of neither shape. */
export const runPrivacyPassFile: FileRunner = async (file) => {
  if (!Array.isArray(file)) throw new Error("not a list of cases");
  const rsa = new NodeTokenRsa();
  const cases: VectorCase[] = [];
  try {
    for (const [index, fields] of file.entries()) cases.push(await runCase(rsa, fields, index));
  } finally {
    await rsa.close();
  }
  return { cases };
};

async function runCase(rsa: NodeTokenRsa, fields: unknown, index: number): Promise<VectorCase> {
  if (typeof fields !== "object" || fields === null) throw new Error(`case ${index} is no object`);
  const vector = fields as Fields;
  const isInput = "token_authenticator_input" in vector;
  if (!isInput && !("token_request" in vector)) throw new Error(`case ${index} is of no known shape`);
  const suite = isInput ? "authenticator-input" : "issuance";
  try {
    const type = typeOf(isInput ? vector.token_type : vector.token);
    if (type !== tokenType) return { index, suite, result: "skipped", reason: `token type ${hexType(type)}` };
    if (isInput) checkInput(vector);
    else await checkIssuance(rsa, vector);
    return { index, suite, result: "passed" };
  } catch (error) {
    return { index, suite, result: "failed", reason: messageOf(error) };
  }
}

/** What a token signs: type, nonce, digest of its challenge, key id. */
function checkInput(vector: Fields): void {
  const challengeDigest = challengeDigestOf({
    tokenType,
    issuerName: bytesAt(vector, "issuer_name"),
    redemptionContext: bytesAt(vector, "redemption_context"),
    originInfo: bytesAt(vector, "origin_info"),
  });
  const input = tokenInput({
    nonce: bytesAt(vector, "nonce"),
    keyId: bytesAt(vector, "token_key_id"),
    challengeDigest,
  });
  requireSame(input, vector, "token_authenticator_input");
}

/** Blind, sign, finalise, verify: each step's bytes are compared with the published ones. */
async function checkIssuance(rsa: NodeTokenRsa, vector: Fields): Promise<void> {
  const { modulus, privateKey } = keyOf(bytesAt(vector, "skS"));
  requireSame(tokenKeyInfo(modulus), vector, "pkS");
  const challenge = decode(tokenChallengeCodec, bytesAt(vector, "token_challenge"));
  requireSame(encode(tokenChallengeCodec, challenge), vector, "token_challenge");
  const keyId = tokenKeyIdOf(modulus);
  const fields = { nonce: bytesAt(vector, "nonce"), challengeDigest: challengeDigestOf(challenge), keyId };
  const message = tokenInput(fields);

  const blinder = webTokenBlinder();
  const draws = [bytesAt(vector, "salt"), bytesAt(vector, "blind")];
  const { blinded, inverse } = await drawing(draws, () => blinder.blind(modulus, message));
  requireSame(Uint8Array.of(0, tokenType, keyId.at(-1) ?? 0, ...blinded), vector, "token_request");

  const blindSignature = await rsa.sign(privateKey, blinded);
  requireSame(blindSignature, vector, "token_response");
  const authenticator = await blinder.finalize({ modulus, message, blindSignature, inverse });
  requireSame(encode(tokenCodec, { ...fields, tokenType, authenticator }), vector, "token");
  if (!rsa.verify({ modulus, message, signature: authenticator })) throw new Error("the token does not verify");
}

function keyOf(pem: Uint8Array): { modulus: Uint8Array; privateKey: Uint8Array } {
  const key = createPrivateKey(Buffer.from(pem));
  const { n = "" } = key.export({ format: "jwk" });
  return { modulus: Buffer.from(n, "base64url"), privateKey: key.export({ format: "der", type: "pkcs8" }) };
}

/**
 * The blinding library draws its salt and its blind from the platform. The vectors prescribe both: while `work` runs,
 * the platform hands out these bytes, in this order and in these sizes, and nothing else.
 */
async function drawing<T>(draws: readonly Uint8Array[], work: () => Promise<T>): Promise<T> {
  const left = [...draws];
  const draw = (target: Uint8Array): Uint8Array => {
    const next = left.shift();
    if (next?.length !== target.length) throw new Error(`${target.length} random bytes that the vector does not have`);
    target.set(next);
    return target;
  };
  Object.defineProperty(globalThis.crypto, "getRandomValues", { value: draw, configurable: true });
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(globalThis.crypto, "getRandomValues");
  }
}

function typeOf(text: unknown): number {
  if (typeof text !== "string" || text.length < 4) throw new Error("the token type is missing");
  const [high = 0, low = 0] = fromHex(text.slice(0, 4));
  return 256 * high + low;
}

function hexType(type: number): string {
  return `0x${type.toString(16).padStart(4, "0")}`;
}

function bytesAt(vector: Fields, name: string): Uint8Array {
  const text = vector[name];
  if (typeof text !== "string") throw new Error(`${name} is missing`);
  return fromHex(text);
}

function requireSame(bytes: Uint8Array, vector: Fields, name: string): void {
  if (!sameBytes(bytes, bytesAt(vector, name))) throw new Error(`another ${name} than the vector's`);
}
