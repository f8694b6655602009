/** What one must know of an account in order to reach it: the payload of its links. */
import { type AccountId, asId, type Capability, fixed, id, type LogId, struct, type ValueOf } from "@rempart/protocol";
import { ascii, sameSecret } from "../bytes.ts";
import { hashCodec } from "../content/shapes.ts";
import { decodeAs, encodeAs } from "../content/strict.ts";
import { SessionError } from "../errors.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import type { AccountKeys } from "./account-keys.ts";

export interface ContactCard {
  readonly accountId: AccountId;
  /** With it the directory gives the account's profile and key packages; derived from {@link linkSecret}. */
  readonly claimKey: Capability;
  readonly contactLog: { readonly logId: LogId; readonly writeKey: Capability };
  /** SHA-256 of the X-Wing key that contact entries are sealed to; the profile has the key itself. */
  readonly contactSealKeyHash: Uint8Array;
  /** 16 bytes: by it the account recognises, and can revoke, the link this card came in. */
  readonly linkSecret: Uint8Array;
}

export const linkSecretBytes = 16;

/** A card as it travels: without what can be derived, because links should be short. */
export const compactCardCodec = struct({
  accountId: id("AccountId"),
  linkSecret: fixed(linkSecretBytes),
  logId: id("LogId"),
  writeKey: id("Capability"),
  contactSealKeyHash: hashCodec,
});
export type CompactCard = ValueOf<typeof compactCardCodec>;

/** Bytes of an encoded card. */
export const cardBytes = 128;

/** A card as profiles carry it: {@link cardBytes} bytes. */
export function encodeCard(card: CompactCard): Uint8Array {
  return encodeAs("ERR_CONTENT", compactCardCodec, card);
}

/** Throws `ERR_CONTENT` for anything but {@link cardBytes} bytes. */
export function decodeCard(bytes: Uint8Array): CompactCard {
  return decodeAs("ERR_CONTENT", compactCardCodec, bytes);
}

/** A card for one link, or one contact, of this account. */
export function createContactCard(crypto: CryptoProvider, keys: AccountKeys): Promise<ContactCard> {
  return completeCard(crypto, {
    accountId: keys.accountId,
    linkSecret: crypto.entropy.randomBytes(linkSecretBytes),
    logId: keys.contactLog.logId,
    writeKey: keys.contactLog.writeKey,
    contactSealKeyHash: keys.contactSeal.publicKeyHash,
  });
}

/** The claim key of a link; the server is given its hash. */
export async function claimKeyOf(crypto: CryptoProvider, linkSecret: Uint8Array): Promise<Capability> {
  return asId("Capability", await crypto.hkdf({ secret: linkSecret, info: ascii("rempart claim key v1"), length: 32 }));
}

export async function completeCard(crypto: CryptoProvider, compact: CompactCard): Promise<ContactCard> {
  const { accountId, linkSecret, logId, writeKey, contactSealKeyHash } = compact;
  const claimKey = await claimKeyOf(crypto, linkSecret);
  return { accountId, claimKey, contactLog: { logId, writeKey }, contactSealKeyHash, linkSecret };
}

/** Throws `ERR_LINK` when the claim key is not the link secret's: it would be lost on the way. */
export async function compactCard(crypto: CryptoProvider, card: ContactCard): Promise<CompactCard> {
  const { accountId, linkSecret, contactLog, contactSealKeyHash } = card;
  const isDerived = sameSecret(card.claimKey, await claimKeyOf(crypto, linkSecret));
  if (!isDerived) throw new SessionError("ERR_LINK", "the claim key does not belong to the link secret");
  return { accountId, linkSecret, ...contactLog, contactSealKeyHash };
}
