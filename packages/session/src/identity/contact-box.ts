/**
 * How a contact entry travels: signed by its sender's account, padded, sealed to the recipient. The
 * server sees a size and a log; the recipient alone sees who wrote.
 *
 * entry = version u8 ‖ kem output ‖ HPKE(length u32 ‖ body ‖ signature ‖ zeros)
 */
import {
  type AccountId,
  bytes,
  type Codec,
  entrySizes,
  fixed,
  type LogId,
  limits,
  ProtocolError,
  sameBytes,
  struct,
  u8,
} from "@rempart/protocol";
import { ascii, concat } from "../bytes.ts";
import { decodeAs, encodeAs } from "../content/strict.ts";
import { SessionError } from "../errors.ts";
import type { AccountSigner } from "../mls/credential.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import type { AccountKeys } from "./account-keys.ts";
import { type ContactEntry, decodeContactBody, encodeContactBody } from "./contact-entry.ts";

const boxVersion = 1;
const kemOutputBytes = 1_120;
const tagBytes = 16;
const sealBytes = 1 + kemOutputBytes + tagBytes;
const info = ascii("rempart contact entry v1");

/** All that is left of the input. */
const rest: Codec<Uint8Array> = {
  encode: (writer, value) => writer.bytes(value),
  decode: (reader) => reader.bytes(reader.remaining),
};

const padding: Codec<Uint8Array> = {
  encode: rest.encode,
  decode(reader) {
    const zeros = rest.decode(reader);
    if (zeros.some((byte) => byte !== 0)) throw new ProtocolError("ERR_MALFORMED", "the padding is not zero");
    return zeros;
  },
};

const boxCodec = struct({ version: u8, kemOutput: fixed(kemOutputBytes), ciphertext: rest });
const signedCodec = struct({ body: bytes(limits.entryBytesMax), signature: fixed(64), padding });
const signedOverheadBytes = 4 + 64;

export interface ContactRecipient {
  readonly accountId: AccountId;
  /** The log that the entry will be written to. */
  readonly logId: LogId;
  /** X-Wing public key from the account's verified profile, 1,216 bytes. */
  readonly sealKey: Uint8Array;
}

/** The bytes for the recipient's contact log: one of the entry sizes. Throws `ERR_CONTENT` if too large. */
export async function sealContactEntry(
  crypto: CryptoProvider,
  signer: AccountSigner,
  recipient: ContactRecipient,
  entry: ContactEntry,
): Promise<Uint8Array> {
  if (!sameBytes(entry.sender, signer.accountId)) {
    throw new SessionError("ERR_CREDENTIAL", "a contact entry must be signed by its sender");
  }
  const body = await encodeContactBody(crypto, entry);
  const signature = await signer.sign(signedBytes(recipient.accountId, body));
  const plaintext = encodeAs("ERR_CONTENT", signedCodec, { body, signature, padding: paddingFor(body) });
  const { sealKey: publicKey } = recipient;
  const sealed = await crypto.sealedBox.seal({ publicKey, info, aad: aadOf(recipient), plaintext });
  return encodeAs("ERR_CONTENT", boxCodec, { version: boxVersion, ...sealed });
}

function paddingFor(body: Uint8Array): Uint8Array {
  const length = sealBytes + signedOverheadBytes + body.length;
  const size = entrySizes.find((candidate) => candidate >= length);
  if (size === undefined) throw new SessionError("ERR_CONTENT", "a contact entry is too large");
  return new Uint8Array(size - length);
}

/**
 * Opens an entry of the account's own contact log. Throws `ERR_OUTER_SEAL` when it was not sealed to this
 * account, `ERR_CONTENT` when it is malformed, `ERR_CREDENTIAL` when its sender did not sign it for
 * this account: whatever it throws, the entry is a stranger's junk and can be skipped.
 */
export async function openContactEntry(
  crypto: CryptoProvider,
  keys: AccountKeys,
  entry: Uint8Array,
): Promise<ContactEntry> {
  const { body, signature } = decodeAs("ERR_CONTENT", signedCodec, await unseal(crypto, keys, entry));
  const opened = await decodeContactBody(crypto, body);
  const isSigned = await crypto.ed25519.verify(opened.sender, signedBytes(keys.accountId, body), signature);
  if (!isSigned) throw new SessionError("ERR_CREDENTIAL", "a contact entry that its sender did not sign");
  return opened;
}

async function unseal(crypto: CryptoProvider, keys: AccountKeys, entry: Uint8Array): Promise<Uint8Array> {
  if (!entrySizes.some((size) => size === entry.length)) {
    throw new SessionError("ERR_CONTENT", "a contact entry has none of the entry sizes");
  }
  const { version, kemOutput, ciphertext } = decodeAs("ERR_CONTENT", boxCodec, entry);
  if (version !== boxVersion) throw new SessionError("ERR_CONTENT", "a contact entry of an unknown version");
  const { privateKey } = keys.contactSeal;
  const aad = aadOf({ accountId: keys.accountId, logId: keys.contactLog.logId });
  try {
    return await crypto.sealedBox.open({ privateKey, sealed: { kemOutput, ciphertext }, info, aad });
  } catch {
    // Providers reject with errors of every kind; for a stranger's bytes there is one meaning.
    throw new SessionError("ERR_OUTER_SEAL", "a contact entry that was not sealed to this account");
  }
}

/** Binds the entry to its log and its reader: it cannot be moved to another's. */
function aadOf({ accountId, logId }: Pick<ContactRecipient, "accountId" | "logId">): Uint8Array {
  return concat(logId, accountId);
}

/** Names the recipient, so that he cannot pass the entry on as if it had been written to somebody else. */
function signedBytes(recipient: AccountId, body: Uint8Array): Uint8Array {
  return concat(ascii("rempart contact entry signature v1\n"), recipient, body);
}
