/**
 * Device credentials: an MLS basic credential whose identity says which account and device a leaf
 * belongs to, signed by the account key. See spec/session.md, [SN1] to [SN3].
 */
import {
  type AccountId,
  asId,
  type Codec,
  type DeviceId,
  decode,
  encode,
  fixed,
  id,
  struct,
  type ValueOf,
} from "@rempart/protocol";
import type { AuthenticationService, Credential } from "ts-mls";
import { ascii, concat } from "../bytes.ts";
import { SessionError } from "../errors.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import { ensure } from "./guard.ts";

const identityCodec = struct({ accountId: id("AccountId"), deviceId: id("DeviceId"), signature: fixed(64) });
type Identity = ValueOf<typeof identityCodec>;

/** Whoever can sign with an account's Ed25519 key: the key itself need not be at hand. */
export interface AccountSigner {
  readonly accountId: AccountId;
  /** Ed25519 signature, 64 bytes. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** The keys of one device: secret, stored by the client. */
export interface DeviceKeys {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  /** Ed25519, 32 bytes each; the private key is the seed. */
  readonly signaturePublic: Uint8Array;
  readonly signaturePrivate: Uint8Array;
  /** The identity of the credential, 112 bytes: account id, device id, the account's signature. */
  readonly credential: Uint8Array;
}

/** How {@link DeviceKeys} are stored: 224 bytes. Secret. */
export const deviceKeysCodec: Codec<DeviceKeys> = struct({
  accountId: id("AccountId"),
  deviceId: id("DeviceId"),
  signaturePublic: fixed(32),
  signaturePrivate: fixed(32),
  credential: fixed(112),
});

function vouched(identity: Pick<Identity, "accountId" | "deviceId">, signaturePublic: Uint8Array): Uint8Array {
  return concat(ascii("rempart device v1\n"), identity.accountId, identity.deviceId, signaturePublic);
}

/** Makes the keys of a new device and has the account vouch for them. */
export async function createDevice(crypto: CryptoProvider, signer: AccountSigner): Promise<DeviceKeys> {
  const { accountId } = signer;
  const deviceId = asId("DeviceId", crypto.entropy.randomBytes(16));
  const signaturePrivate = crypto.entropy.randomBytes(32);
  const signaturePublic = await crypto.ed25519.publicKey(signaturePrivate);
  const signature = await signer.sign(vouched({ accountId, deviceId }, signaturePublic));
  const credential = encode(identityCodec, { accountId, deviceId, signature });
  return { accountId, deviceId, signaturePublic, signaturePrivate, credential };
}

/** The account and device that a leaf claims to be. Throws `ERR_CREDENTIAL` on any other credential. */
export function identityOf(credential: Credential): Identity {
  ensure(credential.credentialType === "basic", "ERR_CREDENTIAL", "the credential is not a basic one");
  try {
    return decode(identityCodec, credential.identity);
  } catch {
    throw new SessionError("ERR_CREDENTIAL", "the credential is malformed");
  }
}

/** Whether the account that a credential names has signed for this device's key. */
export async function verifyCredential(
  crypto: CryptoProvider,
  credential: Credential,
  signaturePublic: Uint8Array,
): Promise<boolean> {
  const { accountId, deviceId, signature } = identityOf(credential);
  return crypto.ed25519.verify(accountId, vouched({ accountId, deviceId }, signaturePublic), signature);
}

/** What ts-mls asks about every leaf; its own default would believe all of them. */
export function authenticationService(crypto: CryptoProvider): AuthenticationService {
  return {
    async validateCredential(credential, signaturePublic) {
      try {
        return await verifyCredential(crypto, credential, signaturePublic);
      } catch (error) {
        if (error instanceof SessionError) return false;
        throw error;
      }
    },
  };
}
