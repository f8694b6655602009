/** A {@link Group}: the state of ts-mls, and what is derived from it once per epoch. */
import { asId, authOf, type LogId, sameBytes } from "@rempart/protocol";
import { type ClientState, type LeafNode, mlsExporter, type RatchetTree } from "ts-mls";
import type { CryptoProvider } from "../provider/provider.ts";
import type { EpochKeys, Group, Member } from "../types.ts";
import { isSuiteName } from "./config.ts";
import { identityOf } from "./credential.ts";
import { ensure } from "./guard.ts";
import { policyOf } from "./policy.ts";
import type { DeviceName } from "./policy-check.ts";

const inside = Symbol("mls");

/** What only the session package sees of a group. */
export interface Inside {
  readonly state: ClientState;
  /** AES-256-GCM key of this epoch's entries. */
  readonly entryKey: Uint8Array;
}

interface OpenGroup extends Group {
  readonly [inside]: Inside;
}

/** The state inside a group that this package made. */
export function insideOf(group: Group): Inside {
  const found = (group as Partial<OpenGroup>)[inside];
  ensure(found !== undefined, "ERR_MLS_INVALID", "this group was not made by the session package");
  return found;
}

/** Derives everything that a new epoch brings. `device` names this device where its leaf is gone. */
export async function makeGroup(crypto: CryptoProvider, fresh: ClientState, device: DeviceName): Promise<Group> {
  // The log is totally ordered and an epoch's entries end with its commit: no past epoch is ever needed.
  const state = { ...fresh, historicalReceiverData: new Map() };
  const { groupContext, privatePath } = state;
  ensure(isSuiteName(groupContext.cipherSuite), "ERR_MLS_INVALID", "the cipher suite is not one of ours");
  const { keys, entryKey } = await deriveKeys(crypto, state);
  const members = membersOf(state.ratchetTree);
  const isActive = state.groupActiveState.kind === "active";
  const self = members.find((member) => member.leafIndex === privatePath.leafIndex);
  const isSelf = self !== undefined && sameDevice(self, device);
  ensure(isSelf || !isActive, "ERR_MLS_NOT_MEMBER", "this device is not in the group");
  const { accountId, deviceId } = device;
  const group: OpenGroup = {
    groupId: groupIdOf(groupContext.groupId),
    suite: groupContext.cipherSuite,
    epoch: Number(groupContext.epoch),
    policy: policyOf(groupContext.extensions),
    members,
    self: { leafIndex: privatePath.leafIndex, accountId, deviceId },
    keys,
    isActive,
    pendingRemovals: pendingOf(state, members),
    [inside]: { state, entryKey },
  };
  return group;
}

/** The group after a step within its epoch. */
export function withState(group: Group, state: ClientState): Group {
  const { entryKey } = insideOf(group);
  const next: OpenGroup = {
    ...group,
    pendingRemovals: pendingOf(state, group.members),
    [inside]: { state, entryKey },
  };
  return next;
}

export function groupIdOf(groupId: Uint8Array): LogId {
  ensure(groupId.length === 16, "ERR_MLS_INVALID", "the group id is not a log id");
  return asId("LogId", groupId);
}

async function deriveKeys(
  crypto: CryptoProvider,
  state: ClientState,
): Promise<{ keys: EpochKeys; entryKey: Uint8Array }> {
  const { groupContext, keySchedule } = state;
  ensure(groupContext.epoch <= BigInt(Number.MAX_SAFE_INTEGER), "ERR_MLS_INVALID", "the epoch is out of range");
  const suite = await crypto.suite(groupContext.cipherSuite as Group["suite"]);
  const none = new Uint8Array();
  const exported = (label: string) => mlsExporter(keySchedule.exporterSecret, label, none, 32, suite);
  const readKey = asId("Capability", await exported("rempart read"));
  const writeKey = asId("Capability", await exported("rempart write"));
  const entryKey = await exported("rempart entry");
  const auths = { readAuth: authOf(readKey), writeAuth: authOf(writeKey) };
  return { keys: { epoch: Number(groupContext.epoch), readKey, writeKey, ...auths }, entryKey };
}

/** The members of a tree whose credentials have been verified, by ascending leaf. */
export function membersOf(tree: RatchetTree): readonly Member[] {
  const members: Member[] = [];
  for (let index = 0; index < tree.length; index += 2) {
    const leaf = leafAt(tree, index / 2);
    if (leaf === undefined) continue;
    const { accountId, deviceId } = identityOf(leaf.credential);
    members.push({ leafIndex: index / 2, accountId, deviceId });
  }
  return members;
}

/** The leaf at an index that may be anything a stranger has written: `undefined` when there is none. */
export function leafAt(tree: RatchetTree, leafIndex: number): LeafNode | undefined {
  const node = tree[2 * leafIndex];
  return node?.nodeType === "leaf" ? node.leaf : undefined;
}

export function memberAt(members: readonly Member[], leafIndex: number): Member {
  const member = members.find((candidate) => candidate.leafIndex === leafIndex);
  ensure(member !== undefined, "ERR_MLS_INVALID", "there is no member at this leaf");
  return member;
}

export function sameDevice(a: DeviceName, b: DeviceName): boolean {
  return sameBytes(a.accountId, b.accountId) && sameBytes(a.deviceId, b.deviceId);
}

/** Leaves whose removal has been proposed; {@link openEntry} lets no other proposal in. */
function pendingOf(state: ClientState, members: readonly Member[]): readonly Member[] {
  const leaves = Object.values(state.unappliedProposals).flatMap(({ proposal }) =>
    proposal.proposalType === "remove" ? [proposal.remove.removed] : [],
  );
  return members.filter((member) => leaves.includes(member.leafIndex));
}

export function ensureActive(group: Group): void {
  ensure(group.isActive, "ERR_MLS_NOT_MEMBER", "this device was removed from the group");
}
