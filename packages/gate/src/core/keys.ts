import type { Crypto } from "../ports.ts";

const blockBytes = 64;
const encoder = new TextEncoder();

/** What the gate derives from its secret: a first line for each use, so that no two keys are ever the same. */
export type KeyUse = "ticket key" | "work seed";

/** The `index`-th key of a use, 32 bytes: one step of HKDF-Expand (RFC 5869) with SHA-256. */
export function deriveKey(
  crypto: Crypto,
  secret: Uint8Array,
  { use, index }: { use: KeyUse; index: number },
): Uint8Array {
  const label = encoder.encode(`rempart ${use} v1\n`);
  const info = new Uint8Array(label.length + 9);
  info.set(label);
  const view = new DataView(info.buffer, label.length);
  view.setFloat64(0, index);
  view.setUint8(8, 1);
  return hmacSha256(crypto, secret, info);
}

/** HMAC-SHA256 (RFC 2104) for keys of at most one block. */
export function hmacSha256(crypto: Crypto, key: Uint8Array, message: Uint8Array): Uint8Array {
  if (key.length > blockBytes) throw new RangeError(`a key of at most ${blockBytes} bytes, not ${key.length}`);
  const inner = crypto.sha256(joined(padded(key, 0x36), message));
  return crypto.sha256(joined(padded(key, 0x5c), inner));
}

function padded(key: Uint8Array, byte: number): Uint8Array {
  const block = new Uint8Array(blockBytes).fill(byte);
  for (const [i, each] of key.entries()) block[i] = each ^ byte;
  return block;
}

/** Two byte strings, one after the other. */
export function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
