/** Branded byte strings: two ids of different kinds never meet by mistake, though both are bytes. */
import { ProtocolError } from "./errors.ts";

declare const brand: unique symbol;
export type Branded<Name extends string> = Uint8Array & { readonly [brand]: Name };

/** Ed25519 public key of an account, 32 bytes. */
export type AccountId = Branded<"AccountId">;
/** Random name of one device of an account, 16 bytes. */
export type DeviceId = Branded<"DeviceId">;
/** Random name of a log, 16 bytes; also the MLS group id of the group that owns it. */
export type LogId = Branded<"LogId">;
/** Random name of one append, 16 bytes: what makes a retry idempotent. */
export type EntryId = Branded<"EntryId">;
/** Random name of an encrypted blob, 16 bytes. */
export type BlobId = Branded<"BlobId">;
/** Secret that lets its holder read, or write, one thing; 32 bytes. */
export type Capability = Branded<"Capability">;
/** SHA-256 of a {@link Capability}, 32 bytes: all that the server keeps of it. */
export type Auth = Branded<"Auth">;
/** Secret inside an invitation link, 16 bytes. */
export type InviteSecret = Branded<"InviteSecret">;

export const idBytes = {
  AccountId: 32,
  DeviceId: 16,
  LogId: 16,
  EntryId: 16,
  BlobId: 16,
  Capability: 32,
  Auth: 32,
  InviteSecret: 16,
} as const;

type IdOf<Name extends keyof typeof idBytes> = Branded<Name>;

/** Checks the length and brands the bytes. Throws `ERR_MALFORMED` when the length is wrong. */
export function asId<Name extends keyof typeof idBytes>(name: Name, bytes: Uint8Array): IdOf<Name> {
  if (bytes.length !== idBytes[name]) {
    throw new ProtocolError("ERR_MALFORMED", `${name} is ${idBytes[name]} bytes, not ${bytes.length}`);
  }
  return bytes as IdOf<Name>;
}

/** Lower-case hexadecimal: the form of every id on screens, in JSON and in local databases. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The bytes of a lower-case hexadecimal string. Throws `ERR_MALFORMED` on anything else. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new ProtocolError("ERR_MALFORMED", "not lower-case hexadecimal");
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Whether two byte strings are equal. Not constant-time: never for secrets. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
