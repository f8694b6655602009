/** The ways into a group: founding one, and being welcomed into one. */
import { type LogId, toHex } from "@rempart/protocol";
import {
  type CiphersuiteImpl,
  createGroup as createMlsGroup,
  emptyPskIndex,
  type GroupInfo,
  joinGroup,
  type KeyPackage,
  type PrivateKeyPackage,
  type Welcome,
} from "ts-mls";
import { ratchetTreeFromExtension } from "ts-mls/groupInfo.js";
import { decryptGroupInfo, decryptGroupSecrets } from "ts-mls/welcome.js";
import { SessionError } from "../errors.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import type { Group, GroupPolicy, GroupWrite, KeyPackagePair, Member, SuiteName } from "../types.ts";
import { clientConfig, isSuiteName } from "./config.ts";
import type { DeviceKeys } from "./credential.ts";
import { groupIdOf, makeGroup, memberAt, membersOf } from "./group.ts";
import { ensure, guarded } from "./guard.ts";
import { generate, openPair } from "./key-package.ts";
import { decodeMessage } from "./message.ts";
import { extensionsOf, policyOf } from "./policy.ts";
import { checkGroup } from "./policy-check.ts";
import { encodeGroup } from "./snapshot.ts";
import { checkTree } from "./tree-check.ts";

/** A group of which this device is the only member so far. Its creator must be what the policy allows. */
export function createGroup(
  crypto: CryptoProvider,
  options: {
    readonly device: DeviceKeys;
    readonly groupId: LogId;
    readonly suite: SuiteName;
    readonly policy: GroupPolicy;
  },
): Promise<{ readonly group: Group; readonly write: GroupWrite }> {
  const { device, groupId, suite, policy } = options;
  return guarded("ERR_MLS_INVALID", async () => {
    checkGroup({ policy, members: [device] });
    const { publicPackage, privatePackage } = await generate(crypto, { device, suite });
    const state = await createMlsGroup(
      groupId,
      publicPackage,
      privatePackage,
      extensionsOf(policy),
      await crypto.suite(suite),
      clientConfig(crypto),
    );
    const group = await makeGroup(crypto, state, device);
    return { group, write: encodeGroup(group) };
  });
}

/** The key packages that a Welcome was made for, by reference. Throws `ERR_MLS_MALFORMED`. */
export function welcomeReferences(welcome: Uint8Array): Promise<readonly Uint8Array[]> {
  return guarded("ERR_MLS_MALFORMED", async () => decodeWelcome(welcome).secrets.map((secret) => secret.newMember));
}

function decodeWelcome(bytes: Uint8Array): Welcome {
  const message = decodeMessage(bytes);
  ensure(message.wireformat === "mls_welcome", "ERR_MLS_MALFORMED", "this is no Welcome");
  return message.welcome;
}

export interface Joined {
  readonly group: Group;
  readonly write: GroupWrite;
  /** The member whose commit brought this device in. */
  readonly invitedBy: Member;
  /** The key package that was used: forget its private half with `write`, unless it is a last resort. */
  readonly used: KeyPackagePair;
}

/**
 * Joins by a Welcome with one of this device's key packages. Throws `ERR_MLS_NOT_MEMBER` when the Welcome
 * is for none of them, `ERR_POLICY`, `ERR_MLS_TOO_LARGE`, `ERR_MLS_INVALID` or `ERR_MLS_MALFORMED`.
 */
export function joinFromWelcome(
  crypto: CryptoProvider,
  options: {
    readonly device: DeviceKeys;
    readonly welcome: Uint8Array;
    readonly keyPackages: readonly KeyPackagePair[];
  },
): Promise<Joined> {
  const { device, keyPackages } = options;
  return guarded("ERR_MLS_INVALID", async () => {
    const welcome = decodeWelcome(options.welcome);
    ensure(isSuiteName(welcome.cipherSuite), "ERR_MLS_INVALID", "the cipher suite is not one of ours");
    const used = findPair(welcome, keyPackages);
    const suite = await crypto.suite(welcome.cipherSuite);
    const { publicPackage, privatePackage } = openPair(used, device);
    const info = await openGroupInfo(welcome, { used, privatePackage, suite });
    const invitedBy = checkGroupInfo(info).signer;
    const state = await join(crypto, { welcome, publicPackage, privatePackage, suite });
    const group = await makeGroup(crypto, state, device);
    return { group, write: encodeGroup(group), invitedBy, used };
  });
}

function findPair(welcome: Welcome, keyPackages: readonly KeyPackagePair[]): KeyPackagePair {
  const wanted = new Set(welcome.secrets.map((secret) => toHex(secret.newMember)));
  const pair = keyPackages.find(
    (candidate) => candidate.suite === welcome.cipherSuite && wanted.has(toHex(candidate.reference)),
  );
  if (pair === undefined) throw new SessionError("ERR_MLS_NOT_MEMBER", "the Welcome is for none of these key packages");
  return pair;
}

/** Opens the GroupInfo ahead of ts-mls, so that its tree can be checked before anything walks it. */
async function openGroupInfo(
  welcome: Welcome,
  keys: {
    readonly used: KeyPackagePair;
    readonly privatePackage: PrivateKeyPackage;
    readonly suite: CiphersuiteImpl;
  },
): Promise<GroupInfo> {
  const { used, privatePackage, suite } = keys;
  const initKey = await suite.hpke.importPrivateKey(privatePackage.initPrivateKey);
  const secrets = await decryptGroupSecrets(initKey, used.reference, welcome, suite.hpke);
  ensure(secrets !== undefined, "ERR_MLS_MALFORMED", "the group secrets are malformed");
  ensure(secrets.psks.length === 0, "ERR_MLS_INVALID", "the Welcome needs a pre-shared key");
  const info = await decryptGroupInfo(welcome, secrets.joinerSecret, new Uint8Array(suite.kdf.size), suite);
  ensure(info !== undefined, "ERR_MLS_MALFORMED", "the GroupInfo is malformed");
  return info;
}

/** Checks what a GroupInfo claims before it is used; returns its members and who of them signed it. */
export function checkGroupInfo(info: GroupInfo): { readonly members: readonly Member[]; readonly signer: Member } {
  groupIdOf(info.groupContext.groupId);
  const tree = ratchetTreeFromExtension(info);
  ensure(tree !== undefined, "ERR_MLS_INVALID", "the GroupInfo comes without its ratchet tree");
  checkTree(tree, policyOf(info.groupContext.extensions));
  const members = membersOf(tree);
  return { members, signer: memberAt(members, info.signer) };
}

function join(
  crypto: CryptoProvider,
  input: {
    readonly welcome: Welcome;
    readonly publicPackage: KeyPackage;
    readonly privatePackage: PrivateKeyPackage;
    readonly suite: CiphersuiteImpl;
  },
) {
  const { welcome, publicPackage, privatePackage, suite } = input;
  const config = clientConfig(crypto);
  return joinGroup(welcome, publicPackage, privatePackage, emptyPskIndex, suite, undefined, undefined, config);
}
