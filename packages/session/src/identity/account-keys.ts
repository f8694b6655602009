/**
 * The keys of an account. All come from the 16 bytes behind the recovery phrase, so that the phrase alone
 * brings the account, its contact log and its self group back.
 *
 * BIP-39's PBKDF2 is left out: it would protect a passphrase, and 128 random bits need no stretching.
 */
import {
  type AccountId,
  asId,
  type Capability,
  fixed,
  type LogId,
  sameBytes,
  struct,
  u8,
  u32,
} from "@rempart/protocol";
import { ascii, concat } from "../bytes.ts";
import { decodeAs, encodeAs } from "../content/strict.ts";
import { SessionError } from "../errors.ts";
import type { AccountSigner } from "../mls/credential.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import { entropyOfPhrase, phraseEntropyBytes, phraseOf } from "./phrase.ts";

/** The log through which strangers reach the account. */
export interface ContactLogKeys {
  readonly logId: LogId;
  /** Stays with the account's devices. */
  readonly readKey: Capability;
  /** Given to contacts, in {@link ContactCard}. */
  readonly writeKey: Capability;
}

/** X-Wing key pair that contact entries are sealed to. */
export interface SealKeyPair {
  /** 1,216 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  /** SHA-256 of {@link publicKey}. */
  readonly publicKeyHash: Uint8Array;
}

export interface AccountKeys {
  /** The public half of {@link identitySeed}. */
  readonly accountId: AccountId;
  /** 16 bytes: what everything else is derived from. */
  readonly entropy: Uint8Array;
  /** Ed25519 seed, 32 bytes. */
  readonly identitySeed: Uint8Array;
  readonly contactLog: ContactLogKeys;
  readonly contactSeal: SealKeyPair;
  /** 32 bytes, see {@link selfGroupLogId}. */
  readonly selfGroupSeed: Uint8Array;
}

const accountKeysVersion = 1;
const accountKeysCodec = struct({ version: u8, entropy: fixed(phraseEntropyBytes), accountId: fixed(32) });

/** A new account. */
export function createAccountKeys(crypto: CryptoProvider): Promise<AccountKeys> {
  return deriveAccountKeys(crypto, crypto.entropy.randomBytes(phraseEntropyBytes));
}

/** The account of a recovery phrase. Throws `PhraseError` (`ERR_PHRASE`). */
export async function accountFromPhrase(crypto: CryptoProvider, phrase: string): Promise<AccountKeys> {
  return deriveAccountKeys(crypto, entropyOfPhrase(phrase));
}

/** The twelve words that bring this account back. */
export function recoveryPhrase(keys: AccountKeys): string {
  return phraseOf(keys.entropy);
}

/** Signs with the account's identity key. */
export function accountSigner(crypto: CryptoProvider, keys: AccountKeys): AccountSigner {
  return { accountId: keys.accountId, sign: (message) => crypto.ed25519.sign(keys.identitySeed, message) };
}

/**
 * The log id of the account's self group; `generation` counts from 0 and grows when the group has to be
 * founded anew, so that a device that knows only the phrase tries one after another until there is no log.
 */
export async function selfGroupLogId(crypto: CryptoProvider, keys: AccountKeys, generation: number): Promise<LogId> {
  const info = concat(ascii("rempart self group log v1\n"), encodeAs("ERR_CONTENT", u32, generation));
  return asId("LogId", await crypto.hkdf({ secret: keys.selfGroupSeed, info, length: 16 }));
}

/** For the device's own storage; 49 bytes, as secret as the account itself. */
export function encodeAccountKeys({ entropy, accountId }: AccountKeys): Uint8Array {
  return encodeAs("ERR_CONTENT", accountKeysCodec, { version: accountKeysVersion, entropy, accountId });
}

/** Throws `ERR_CONTENT` when the bytes are damaged or of another version. */
export async function decodeAccountKeys(crypto: CryptoProvider, bytes: Uint8Array): Promise<AccountKeys> {
  const { version, entropy, accountId } = decodeAs("ERR_CONTENT", accountKeysCodec, bytes);
  if (version !== accountKeysVersion) throw new SessionError("ERR_CONTENT", "account keys of an unknown version");
  const keys = await deriveAccountKeys(crypto, entropy.slice());
  if (!sameBytes(keys.accountId, accountId)) throw new SessionError("ERR_CONTENT", "the account keys are damaged");
  return keys;
}

async function deriveAccountKeys(crypto: CryptoProvider, entropy: Uint8Array): Promise<AccountKeys> {
  const derive = (use: string, length: number) =>
    crypto.hkdf({ secret: entropy, info: ascii(`rempart account ${use} v1`), length });
  const identitySeed = await derive("identity", 32);
  return {
    accountId: asId("AccountId", await crypto.ed25519.publicKey(identitySeed)),
    entropy,
    identitySeed,
    contactLog: {
      logId: asId("LogId", await derive("contact log id", 16)),
      readKey: asId("Capability", await derive("contact log read", 32)),
      writeKey: asId("Capability", await derive("contact log write", 32)),
    },
    contactSeal: await deriveSealKeyPair(crypto, await derive("contact seal", 32)),
    selfGroupSeed: await derive("self group", 32),
  };
}

async function deriveSealKeyPair(crypto: CryptoProvider, seed: Uint8Array): Promise<SealKeyPair> {
  const { publicKey, privateKey } = await crypto.sealedBox.keyPair(seed);
  return { publicKey, privateKey, publicKeyHash: await crypto.sha256(publicKey) };
}
