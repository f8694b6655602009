/** Small helpers on byte strings. */
import { type Codec, Writer } from "@rempart/protocol";

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

const encoder = new TextEncoder();

/** UTF-8 of a label. */
export function ascii(label: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(label);
}

/** Whether two byte strings are equal, in a time that depends on their lengths only. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Encodes a value whose size is roughly known, so that the buffer need not grow on the way. */
export function encodeSized<T>(codec: Codec<T>, value: T, capacity: number): Uint8Array<ArrayBuffer> {
  const writer = new Writer(capacity);
  codec.encode(writer, value);
  return writer.finish();
}
