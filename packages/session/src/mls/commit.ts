/** Making commits (RFC 9420 §12.4). */
import {
  type ClientState,
  createCommit,
  emptyPskIndex,
  type KeyPackage,
  type Proposal,
  type ProposalWithSender,
} from "ts-mls";
import type { CryptoProvider } from "../provider/provider.ts";
import type { CommitChange, Group, GroupPolicy, StagedCommit } from "../types.ts";
import { identityOf } from "./credential.ts";
import { sealEntry } from "./entry.ts";
import { ensureActive, insideOf, makeGroup, memberAt } from "./group.ts";
import { ensure, guarded } from "./guard.ts";
import { decodeKeyPackage, verifyKeyPackage } from "./key-package.ts";
import { mlsLimits } from "./limits.ts";
import { encodeMessage } from "./message.ts";
import { extensionsOf } from "./policy.ts";
import { checkCommit, membersAfter, type Removal, withoutDeparted } from "./policy-check.ts";
import { encodeGroup } from "./snapshot.ts";

/**
 * Makes a commit of `change` and of every waiting proposal; an empty change renews this device's keys. The
 * group stays as it is until the log has accepted the entry: then `after` is the group.
 * Throws `ERR_POLICY`, `ERR_CREDENTIAL`, `ERR_MLS_TOO_LARGE`, `ERR_MLS_NOT_MEMBER` or `ERR_MLS_INVALID`.
 */
export function commit(crypto: CryptoProvider, group: Group, change: CommitChange = {}): Promise<StagedCommit> {
  return guarded("ERR_MLS_INVALID", async () => {
    ensureActive(group);
    const { state, entryKey } = insideOf(group);
    const adds = await Promise.all((change.add ?? []).map((bytes) => openAddition(crypto, group, bytes)));
    const { taken, ownLeaves } = takePending(group, state);
    const removals = removalsOf(group, [...(change.removeLeaves ?? []), ...ownLeaves], taken);
    const policy = planPolicy(group, { change, adds, removals });
    const proposals = proposalsOf(group, { adds, removals: removals.inline, policy });
    const made = await createCommit(
      {
        state: { ...state, unappliedProposals: taken },
        cipherSuite: await crypto.suite(group.suite),
        pskIndex: emptyPskIndex,
      },
      // Always with a path: every commit heals, and no removed member can follow ([SN6]).
      { extraProposals: proposals, ratchetTreeExtension: true, alwaysPath: true },
    );
    const after = await makeGroup(crypto, made.newState, group.self);
    const { welcome } = made;
    return {
      ...(await sealEntry(crypto, entryKey, encodeMessage(made.commit))),
      next: after.keys,
      after,
      write: encodeGroup(after),
      ...(welcome && { welcome: encodeMessage({ version: "mls10", wireformat: "mls_welcome", welcome }) }),
    };
  });
}

async function openAddition(crypto: CryptoProvider, group: Group, bytes: Uint8Array): Promise<KeyPackage> {
  const { suite } = await verifyKeyPackage(crypto, bytes);
  ensure(suite === group.suite, "ERR_MLS_INVALID", "the key package is of another cipher suite than the group");
  return decodeKeyPackage(bytes);
}

interface Pending {
  /** By their references: one for each leaf. */
  readonly taken: Record<string, ProposalWithSender>;
  /** Leaves whose removal this member has proposed itself: those proposals may not be in the log yet. */
  readonly ownLeaves: readonly number[];
}

/** The waiting removals that this member can commit: all but its own. */
function takePending({ self }: Group, state: ClientState): Pending {
  const taken = new Map<number, [string, ProposalWithSender]>();
  const ownLeaves: number[] = [];
  for (const [reference, waiting] of Object.entries(state.unappliedProposals)) {
    const { proposal, senderLeafIndex } = waiting;
    if (proposal.proposalType !== "remove" || proposal.remove.removed === self.leafIndex) continue;
    if (senderLeafIndex === self.leafIndex) ownLeaves.push(proposal.remove.removed);
    else taken.set(proposal.remove.removed, [reference, waiting]);
  }
  return { taken: Object.fromEntries(taken.values()), ownLeaves };
}

interface Removals {
  readonly inline: readonly Removal[];
  readonly all: readonly Removal[];
}

function removalsOf(group: Group, leaves: readonly number[], taken: Record<string, ProposalWithSender>): Removals {
  const { members, self } = group;
  const pending = Object.values(taken).flatMap(({ proposal, senderLeafIndex }) => {
    if (proposal.proposalType !== "remove" || senderLeafIndex === undefined) return [];
    const removed = memberAt(members, proposal.remove.removed);
    return [{ removed, proposer: memberAt(members, senderLeafIndex) }];
  });
  const isPending = (leaf: number) => pending.some(({ removed }) => removed.leafIndex === leaf);
  const wanted = [...new Set(leaves)].filter((leaf) => !isPending(leaf));
  const inline = wanted.map((leaf) => ({ removed: memberAt(members, leaf), proposer: self }));
  return { inline, all: [...pending, ...inline] };
}

interface Plan {
  readonly change: CommitChange;
  readonly adds: readonly KeyPackage[];
  readonly removals: Removals;
}

/** The policy after the commit, once the whole commit has been found lawful. */
function planPolicy(group: Group, { change, adds, removals }: Plan): GroupPolicy {
  const { policy: old, members, self } = group;
  const before = { policy: old, members };
  const added = adds.map((keyPackage) => identityOf(keyPackage.leafNode.credential));
  const proposals = added.length + removals.all.length;
  ensure(proposals < mlsLimits.proposalsMax, "ERR_MLS_TOO_LARGE", "the commit changes too much at once");
  const remaining = membersAfter({ before, added, removals: removals.all });
  const policy = withoutDeparted(change.policy ?? old, remaining);
  checkCommit({ before, committer: self, added, removals: removals.all, policy });
  return policy;
}

function proposalsOf(
  group: Group,
  plan: { readonly adds: readonly KeyPackage[]; readonly removals: readonly Removal[]; readonly policy: GroupPolicy },
): Proposal[] {
  const proposals: Proposal[] = [
    ...plan.adds.map((keyPackage): Proposal => ({ proposalType: "add", add: { keyPackage } })),
    ...plan.removals.map(
      ({ removed }): Proposal => ({ proposalType: "remove", remove: { removed: removed.leafIndex } }),
    ),
  ];
  if (plan.policy === group.policy) return proposals;
  const extensions = extensionsOf(plan.policy);
  return [...proposals, { proposalType: "group_context_extensions", groupContextExtensions: { extensions } }];
}
