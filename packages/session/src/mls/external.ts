/**
 * The way back in for a device that fell out of its group: an external commit (RFC 9420 §12.4.3.2) that
 * replaces the device's own old leaf and nothing else ([SN7], [SN8]).
 */
import { authOf, bytes, decode, fixed, id, struct, u8 } from "@rempart/protocol";
import {
  createGroupInfoWithExternalPubAndRatchetTree,
  emptyPskIndex,
  type GroupInfo,
  joinGroupExternal,
  type ProposalOrRef,
  type PublicMessage,
  processPublicMessage,
} from "ts-mls";
import { unprotectPublicMessage } from "ts-mls/messageProtectionPublic.js";
import { removeLeafNode } from "ts-mls/ratchetTree.js";
import { toLeafIndex } from "ts-mls/treemath.js";
import { encodeSized } from "../bytes.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import type { EpochKeys, Group, Member, StagedCommit } from "../types.ts";
import { clientConfig, isSuiteName } from "./config.ts";
import { type DeviceKeys, identityOf, verifyCredential } from "./credential.ts";
import { sealEntry } from "./entry.ts";
import { ensureActive, insideOf, makeGroup, memberAt, sameDevice } from "./group.ts";
import { ensure, guarded } from "./guard.ts";
import { checkGroupInfo } from "./join.ts";
import { generate } from "./key-package.ts";
import { mlsLimits } from "./limits.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import { encodeGroup } from "./snapshot.ts";

const kitVersion = 1;
const kitCodec = struct({
  version: u8,
  readKey: id("Capability"),
  writeKey: id("Capability"),
  entryKey: fixed(32),
  groupInfo: bytes(mlsLimits.messageBytesMax),
});

/**
 * What a device needs to come back into this epoch of the group: GroupInfo with ratchet tree and external
 * key, the log's capabilities and the key of its entries. Secret: it travels only to devices of the group's
 * members, encrypted; whoever holds it can still only replace a leaf that is their own.
 */
export function groupInfoForRejoin(crypto: CryptoProvider, group: Group): Promise<Uint8Array> {
  return guarded("ERR_MLS_INVALID", async () => {
    ensureActive(group);
    const { state, entryKey } = insideOf(group);
    const suite = await crypto.suite(group.suite);
    const groupInfo = await createGroupInfoWithExternalPubAndRatchetTree(state, [], suite);
    const encoded = encodeMessage({ version: "mls10", wireformat: "mls_group_info", groupInfo });
    const { readKey, writeKey } = group.keys;
    const kit = { version: kitVersion, readKey, writeKey, entryKey, groupInfo: encoded };
    return encodeSized(kitCodec, kit, encoded.length + 128);
  });
}

/** A commit by which a device comes back, and the keys of the epoch that it closes. */
export interface StagedRejoin extends StagedCommit {
  readonly before: EpochKeys;
}

/**
 * Makes the external commit that replaces this device's old leaf. When the log refuses it because the group
 * has moved on, ask for a newer kit. Throws `ERR_MLS_NOT_MEMBER` when the device has no leaf to replace.
 */
export function rejoin(
  crypto: CryptoProvider,
  options: { readonly device: DeviceKeys; readonly kit: Uint8Array },
): Promise<StagedRejoin> {
  const { device } = options;
  return guarded("ERR_MLS_INVALID", async () => {
    const kit = decode(kitCodec, options.kit);
    ensure(kit.version === kitVersion, "ERR_MLS_MALFORMED", "the rejoin kit is of an unknown version");
    const info = openKitInfo(kit.groupInfo, device);
    ensure(isSuiteName(info.groupContext.cipherSuite), "ERR_MLS_INVALID", "the cipher suite is not one of ours");
    const suiteName = info.groupContext.cipherSuite;
    const fresh = await generate(crypto, { device, suite: suiteName });
    const { publicMessage, newState } = await joinGroupExternal(
      info,
      fresh.publicPackage,
      fresh.privatePackage,
      true,
      await crypto.suite(suiteName),
      undefined,
      clientConfig(crypto),
    );
    const message = encodeMessage({ version: "mls10", wireformat: "mls_public_message", publicMessage });
    const after = await makeGroup(crypto, newState, device);
    return {
      ...(await sealEntry(crypto, kit.entryKey, message)),
      next: after.keys,
      after,
      write: encodeGroup(after),
      before: keysOf(kit, info),
    };
  });
}

function openKitInfo(bytes: Uint8Array, device: DeviceKeys): GroupInfo {
  const message = decodeMessage(bytes);
  ensure(message.wireformat === "mls_group_info", "ERR_MLS_MALFORMED", "the rejoin kit holds no GroupInfo");
  const { members } = checkGroupInfo(message.groupInfo);
  const isThere = members.some((member) => sameDevice(member, device));
  ensure(isThere, "ERR_MLS_NOT_MEMBER", "this device has no leaf in the group");
  return message.groupInfo;
}

function keysOf(kit: Pick<EpochKeys, "readKey" | "writeKey">, info: GroupInfo): EpochKeys {
  const { readKey, writeKey } = kit;
  const auths = { readAuth: authOf(readKey), writeAuth: authOf(writeKey) };
  return { epoch: Number(info.groupContext.epoch), readKey, writeKey, ...auths };
}

/**
 * [SN8] Checks an external commit before anything processes it, and returns the member that it replaces:
 * exactly one, of the very account and device that joins. ts-mls alone would let anybody replace anyone.
 */
async function checkExternalCommit(crypto: CryptoProvider, group: Group, message: PublicMessage): Promise<Member> {
  const { content } = message;
  const isJoin = content.sender.senderType === "new_member_commit" && message.senderType === "new_member_commit";
  ensure(isJoin && content.contentType === "commit", "ERR_POLICY", "only a returning device sends public messages");
  const { path, proposals } = content.commit;
  ensure(path !== undefined, "ERR_MLS_INVALID", "an external commit needs a path");
  const removed = memberAt(group.members, removedLeafOf(proposals));
  const { credential, signaturePublicKey } = path.leafNode;
  ensure(sameDevice(identityOf(credential), removed), "ERR_POLICY", "a device may only replace its own leaf");
  const isVouched = await verifyCredential(crypto, credential, signaturePublicKey);
  ensure(isVouched, "ERR_CREDENTIAL", "the account did not vouch for this device");
  return removed;
}

/** The one leaf that an external commit removes; it holds an external init beside that and nothing else. */
function removedLeafOf(proposals: readonly ProposalOrRef[]): number {
  const inline = proposals.flatMap((entry) => (entry.proposalOrRefType === "proposal" ? [entry.proposal] : []));
  const removes = inline.flatMap((proposal) => (proposal.proposalType === "remove" ? [proposal.remove.removed] : []));
  const inits = inline.filter((proposal) => proposal.proposalType === "external_init");
  const [leaf] = removes;
  const isResync = proposals.length === 2 && inits.length === 1 && leaf !== undefined;
  ensure(isResync, "ERR_POLICY", "an external commit replaces exactly one leaf");
  return leaf;
}

/** Applies the external commit of a returning device. */
export async function openExternalCommit(
  crypto: CryptoProvider,
  group: Group,
  message: PublicMessage,
): Promise<{ readonly removed: Member; readonly after: Group }> {
  const removed = await checkExternalCommit(crypto, group, message);
  const { state } = insideOf(group);
  const suite = await crypto.suite(group.suite);
  if (removed.leafIndex !== group.self.leafIndex) {
    const { newState } = await processPublicMessage(state, message, emptyPskIndex, suite);
    return { removed, after: await makeGroup(crypto, newState, group.self) };
  }
  // Another instance of this very device has come back: this one is out, and cannot follow.
  await unprotectPublicMessage(state.keySchedule.membershipKey, state.groupContext, state.ratchetTree, message, suite);
  const ratchetTree = removeLeafNode(state.ratchetTree, toLeafIndex(removed.leafIndex));
  const out = {
    ...state,
    ratchetTree,
    unappliedProposals: {},
    groupActiveState: { kind: "removedFromGroup" } as const,
  };
  return { removed, after: await makeGroup(crypto, out, group.self) };
}
