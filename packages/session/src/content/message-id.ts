/** Message ids (draft-ietf-mimi-content, "Message ID") and the URIs that go into them. */
import { type AccountId, encode, type LogId, toHex, u16 } from "@rempart/protocol";
import { ascii, concat } from "../bytes.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import { malformed } from "./cbor.ts";
import { contentLimits } from "./limits.ts";
import { asMessageId, type MessageId } from "./mimi.ts";

/** Number of SHA-256 among the named-information hash algorithms. */
const sha256Number = 1;
const hashBytes = 31;

/** `mimi://rempart/u/<account id, hex>`. `rempart` is a constant: an account is not bound to a host. */
export function accountUri(accountId: AccountId): string {
  return `mimi://rempart/u/${toHex(accountId)}`;
}

/** `mimi://rempart/r/<group id, hex>`. */
export function groupUri(groupId: LogId): string {
  return `mimi://rempart/r/${toHex(groupId)}`;
}

export interface MessageIdInput {
  readonly senderUri: string;
  readonly roomUri: string;
  /** The encoded MIMI content. */
  readonly content: Uint8Array;
  /** The salt inside {@link content}. */
  readonly salt: Uint8Array;
}

/** 0x01 ‖ first 31 bytes of SHA-256(u16 length ‖ sender URI ‖ u16 length ‖ room URI ‖ content ‖ salt). */
export async function messageIdOf(crypto: CryptoProvider, input: MessageIdInput): Promise<MessageId> {
  const { senderUri, roomUri, content, salt } = input;
  const hash = await crypto.sha256(concat(...prefixed(senderUri), ...prefixed(roomUri), content, salt));
  return asMessageId(concat(Uint8Array.of(sha256Number), hash.subarray(0, hashBytes)));
}

function prefixed(uri: string): [Uint8Array, Uint8Array] {
  const bytes = ascii(uri);
  if (bytes.length > contentLimits.uriBytesMax) throw malformed("a URI is too long");
  return [encode(u16, bytes.length), bytes];
}
