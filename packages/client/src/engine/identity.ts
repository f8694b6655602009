/** Who this device is. */
import { asId, decode, type EntryId, encode, toHex } from "@rempart/protocol";
import {
  type AccountKeys,
  type AccountSigner,
  accountSigner,
  type ContactCard,
  type CryptoProvider,
  claimKeyOf,
  createDevice,
  type DeviceKeys,
  decodeAccountKeys,
  deviceKeysCodec,
  encodeAccountKeys,
} from "@rempart/session";
import { ClientError } from "../errors.ts";
import type { MetaTable } from "../store/meta.ts";

export interface Identity {
  /** Hexadecimal account id. */
  readonly account: string;
  readonly keys: AccountKeys;
  readonly device: DeviceKeys;
  readonly signer: AccountSigner;
  /** What is handed out in links and welcomes. All devices of the account derive the same. */
  readonly card: ContactCard;
  /** What fellow members of groups are told: it has a link secret of its own, so that it can be revoked alone. */
  readonly groupCard: ContactCard;
}

export function noAccount(): ClientError {
  return new ClientError("ERR_NO_ACCOUNT", "there is no account on this device yet");
}

export async function makeIdentity(crypto: CryptoProvider, keys: AccountKeys, device?: DeviceKeys): Promise<Identity> {
  const signer = accountSigner(crypto, keys);
  return {
    account: toHex(keys.accountId),
    keys,
    device: device ?? (await createDevice(crypto, signer)),
    signer,
    card: await cardFor(crypto, keys, "main link"),
    groupCard: await cardFor(crypto, keys, "group link"),
  };
}

async function cardFor(crypto: CryptoProvider, keys: AccountKeys, use: string): Promise<ContactCard> {
  const { logId, writeKey } = keys.contactLog;
  const info = new TextEncoder().encode(`rempart ${use} v1`);
  const linkSecret = await crypto.hkdf({ secret: keys.entropy, info, length: 16 });
  return {
    accountId: keys.accountId,
    claimKey: await claimKeyOf(crypto, linkSecret),
    contactLog: { logId, writeKey },
    contactSealKeyHash: keys.contactSeal.publicKeyHash,
    linkSecret,
  };
}

export function storeIdentity(meta: MetaTable, { keys, device }: Identity): void {
  meta.set("accountKeys", encodeAccountKeys(keys));
  meta.set("deviceKeys", encode(deviceKeysCodec, device));
}

export async function loadIdentity(crypto: CryptoProvider, meta: MetaTable): Promise<Identity | undefined> {
  const accountKeys = meta.get("accountKeys");
  const deviceKeys = meta.get("deviceKeys");
  if (accountKeys === undefined || deviceKeys === undefined) return undefined;
  return makeIdentity(crypto, await decodeAccountKeys(crypto, accountKeys), decode(deviceKeysCodec, deviceKeys));
}

export function newEntryId(crypto: CryptoProvider): EntryId {
  return asId("EntryId", crypto.entropy.randomBytes(16));
}
