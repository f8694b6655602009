/** Key packages: what a device publishes so that others can add it (RFC 9420 §10). */
import { type AccountId, bytes, decode, encode, sameBytes, struct } from "@rempart/protocol";
import {
  type CiphersuiteImpl,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  type KeyPackage,
  type PrivateKeyPackage,
} from "ts-mls";
import { makeKeyPackageRef, verifyKeyPackage as verifyPackageSignature } from "ts-mls/keyPackage.js";
import { verifyLeafNodeSignatureKeyPackage } from "ts-mls/leafNode.js";
import type { CryptoProvider } from "../provider/provider.ts";
import type { KeyPackagePair, SuiteName } from "../types.ts";
import { isLifetimeBounded, isSuiteName, leafCapabilities, newLifetime, nowSeconds } from "./config.ts";
import { type DeviceKeys, identityOf, verifyCredential } from "./credential.ts";
import { ensure, guarded } from "./guard.ts";
import { decodeMessage } from "./message.ts";
import { groupExtensionType, lastResortExtensionType } from "./policy.ts";
import type { DeviceName } from "./policy-check.ts";

/** What is known of a published key package once it has been checked. */
export interface VerifiedKeyPackage extends DeviceName {
  readonly suite: SuiteName;
  /** KeyPackageRef, by which a Welcome names it. */
  readonly reference: Uint8Array;
  readonly isLastResort: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

const privateCodec = struct({ initPrivateKey: bytes(64), hpkePrivateKey: bytes(64) });

/**
 * Makes a key package of this device: valid from an hour ago for 90 days. Publish `publicBytes`; keep the pair
 * until a Welcome has used it (a last resort is used again and again, until it is replaced).
 */
export async function makeKeyPackage(
  crypto: CryptoProvider,
  options: { readonly device: DeviceKeys; readonly suite: SuiteName; readonly isLastResort?: boolean },
): Promise<KeyPackagePair> {
  const { device, suite, isLastResort = false } = options;
  const { publicPackage, privatePackage } = await generate(crypto, { device, suite, isLastResort });
  const { initPrivateKey, hpkePrivateKey } = privatePackage;
  return {
    publicBytes: encodeMlsMessage({ version: "mls10", wireformat: "mls_key_package", keyPackage: publicPackage }),
    privateBytes: encode(privateCodec, { initPrivateKey, hpkePrivateKey }),
    reference: await referenceOf(await crypto.suite(suite), publicPackage),
    suite,
    isLastResort,
  };
}

/** A fresh key package that need not be published: for creating a group and for coming back into one. */
export async function generate(
  crypto: CryptoProvider,
  options: { readonly device: DeviceKeys; readonly suite: SuiteName; readonly isLastResort?: boolean },
): Promise<{ publicPackage: KeyPackage; privatePackage: PrivateKeyPackage }> {
  const { device, suite, isLastResort = false } = options;
  const extensions = isLastResort ? [{ extensionType: lastResortExtensionType, extensionData: new Uint8Array() }] : [];
  return generateKeyPackageWithKey(
    { credentialType: "basic", identity: device.credential },
    leafCapabilities,
    newLifetime(crypto),
    extensions,
    { signKey: device.signaturePrivate, publicKey: device.signaturePublic },
    await crypto.suite(suite),
  );
}

export function referenceOf(suite: CiphersuiteImpl, keyPackage: KeyPackage): Promise<Uint8Array> {
  return makeKeyPackageRef(keyPackage, suite.hash);
}

/** The key package inside a published `MLSMessage`. */
export function decodeKeyPackage(publicBytes: Uint8Array): KeyPackage {
  const message = decodeMessage(publicBytes);
  ensure(message.wireformat === "mls_key_package", "ERR_MLS_MALFORMED", "this is no key package");
  return message.keyPackage;
}

/** The two halves of a stored pair, as ts-mls takes them. */
export function openPair(
  pair: KeyPackagePair,
  device: DeviceKeys,
): { publicPackage: KeyPackage; privatePackage: PrivateKeyPackage } {
  const secrets = decode(privateCodec, pair.privateBytes);
  return {
    publicPackage: decodeKeyPackage(pair.publicBytes),
    // Copies: MLS may zero the secrets it has used, and the stored ones are not its own.
    privatePackage: {
      initPrivateKey: secrets.initPrivateKey.slice(),
      hpkePrivateKey: secrets.hpkePrivateKey.slice(),
      signaturePrivateKey: device.signaturePrivate,
    },
  };
}

/**
 * Checks a published key package: signatures, credential, capabilities and lifetime ([SN4]).
 * Throws `ERR_CREDENTIAL` when it is not of `accountId`, `ERR_MLS_INVALID` or `ERR_MLS_MALFORMED` otherwise.
 */
export function verifyKeyPackage(
  crypto: CryptoProvider,
  publicBytes: Uint8Array,
  expected: { readonly accountId?: AccountId } = {},
): Promise<VerifiedKeyPackage> {
  return guarded("ERR_MLS_INVALID", async () => {
    const keyPackage = decodeKeyPackage(publicBytes);
    ensure(isSuiteName(keyPackage.cipherSuite), "ERR_MLS_INVALID", "the cipher suite is not one of ours");
    const suite = await crypto.suite(keyPackage.cipherSuite);
    const { accountId, deviceId } = await verifyLeaf(crypto, suite, keyPackage);
    const isExpected = expected.accountId === undefined || sameBytes(accountId, expected.accountId);
    ensure(isExpected, "ERR_CREDENTIAL", "the key package belongs to another account");
    const { notBefore, notAfter } = keyPackage.leafNode.lifetime;
    const now = nowSeconds(crypto);
    ensure(notBefore <= now && now <= notAfter, "ERR_MLS_INVALID", "the key package is not valid at this time");
    return {
      accountId,
      deviceId,
      suite: keyPackage.cipherSuite,
      reference: await referenceOf(suite, keyPackage),
      isLastResort: keyPackage.extensions.some((extension) => extension.extensionType === lastResortExtensionType),
      expiresAt: Number(notAfter) * 1_000,
    };
  });
}

async function verifyLeaf(crypto: CryptoProvider, suite: CiphersuiteImpl, keyPackage: KeyPackage): Promise<DeviceName> {
  const { leafNode } = keyPackage;
  const isVouched = await verifyCredential(crypto, leafNode.credential, leafNode.signaturePublicKey);
  ensure(isVouched, "ERR_CREDENTIAL", "the account did not vouch for this device");
  const isLeafSigned = await verifyLeafNodeSignatureKeyPackage(leafNode, suite.signature);
  const isPackageSigned = await verifyPackageSignature(keyPackage, suite.signature);
  ensure(isLeafSigned && isPackageSigned, "ERR_MLS_INVALID", "a signature of the key package is wrong");
  checkAddable(keyPackage);
  return identityOf(leafNode.credential);
}

/** What every member demands of a key package that a commit adds, whatever the clock says. */
export function checkAddable({ leafNode }: KeyPackage): void {
  ensure(isLifetimeBounded(leafNode.lifetime), "ERR_MLS_INVALID", "the lifetime of the key package is too long");
  const knowsGroups = leafNode.capabilities.extensions.includes(groupExtensionType);
  ensure(knowsGroups, "ERR_MLS_INVALID", "the device does not know Rempart groups");
}
