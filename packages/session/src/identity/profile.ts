/**
 * The profile that an account leaves in the directory: its contact sealing key, too long for a link,
 * signed by the account key and bound by the hash in the link.
 */
import { type AccountId, fixed, struct, u8 } from "@rempart/protocol";
import { ascii, concat, sameSecret } from "../bytes.ts";
import { decodeAs, encodeAs } from "../content/strict.ts";
import { SessionError } from "../errors.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import { type AccountKeys, accountSigner } from "./account-keys.ts";
import type { ContactCard } from "./card.ts";

const profileVersion = 1;
export const sealKeyBytes = 1_216;
const profileCodec = struct({ version: u8, contactSealKey: fixed(sealKeyBytes), signature: fixed(64) });

/** The bytes for the directory. */
export async function encodeProfile(crypto: CryptoProvider, keys: AccountKeys): Promise<Uint8Array> {
  const contactSealKey = keys.contactSeal.publicKey;
  const signature = await accountSigner(crypto, keys).sign(signedBytes(keys.accountId, contactSealKey));
  return encodeAs("ERR_CONTENT", profileCodec, { version: profileVersion, contactSealKey, signature });
}

/**
 * The contact sealing key of the account on `card`. Throws `ERR_CONTENT` when the bytes are malformed and
 * `ERR_CREDENTIAL` when the account did not sign them or the key is not the one the card promises.
 */
export async function openProfile(
  crypto: CryptoProvider,
  card: Pick<ContactCard, "accountId" | "contactSealKeyHash">,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const { version, contactSealKey, signature } = decodeAs("ERR_CONTENT", profileCodec, bytes);
  if (version !== profileVersion) throw new SessionError("ERR_CONTENT", "a profile of an unknown version");
  const isSigned = await crypto.ed25519.verify(card.accountId, signedBytes(card.accountId, contactSealKey), signature);
  if (!isSigned) throw new SessionError("ERR_CREDENTIAL", "a profile that its account did not sign");
  const isPromised = sameSecret(await crypto.sha256(contactSealKey), card.contactSealKeyHash);
  if (!isPromised) throw new SessionError("ERR_CREDENTIAL", "a profile with another key than the link promised");
  return contactSealKey;
}

function signedBytes(accountId: AccountId, contactSealKey: Uint8Array): Uint8Array {
  return concat(ascii("rempart account profile v1\n"), accountId, contactSealKey);
}
