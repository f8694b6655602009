/**
 * Opening what comes out of a group's log. Whatever the bytes, {@link openEntry} returns an {@link Opened} or
 * throws a `SessionError`; the group that was passed in stays good in both cases.
 */
import { sameBytes } from "@rempart/protocol";
import {
  acceptAll,
  type CiphersuiteImpl,
  type ClientState,
  emptyPskIndex,
  type PrivateMessage,
  type Proposal,
  type ProposalOrRef,
  type PublicMessage,
} from "ts-mls";
import type { AuthenticatedContent, AuthenticatedContentCommit } from "ts-mls/authenticatedContent.js";
import { processProposal } from "ts-mls/clientState.js";
import type { Commit } from "ts-mls/commit.js";
import { unprotectPrivateMessage } from "ts-mls/messageProtection.js";
import { decryptSenderData } from "ts-mls/privateMessage.js";
import { processCommit } from "ts-mls/processMessages.js";
import { bytesToBase64 } from "ts-mls/util/byteArray.js";
import type { CryptoProvider } from "../provider/provider.ts";
import type { Group, Member, Opened } from "../types.ts";
import { identityOf } from "./credential.ts";
import { openSeal } from "./entry.ts";
import { openExternalCommit } from "./external.ts";
import { ensureActive, insideOf, makeGroup, memberAt, sameDevice, withState } from "./group.ts";
import { ensure, guarded } from "./guard.ts";
import { checkAddable } from "./key-package.ts";
import { mlsLimits } from "./limits.ts";
import { decodeMessage } from "./message.ts";
import { policyOf } from "./policy.ts";
import { checkCommit, type DeviceName, type Removal } from "./policy-check.ts";
import { encodeGroup, proposalsDelta, type RatchetKind, ratchetDelta } from "./snapshot.ts";

/**
 * Opens one entry of the group's log. Entries are opened in the order of their seq.
 * `detached` means: fetch the blob, `decryptBlob` it, and give the result to {@link openMessage}.
 */
export function openEntry(crypto: CryptoProvider, group: Group, entry: Uint8Array): Promise<Opened> {
  return guarded("ERR_OUTER_SEAL", async () => {
    ensureActive(group);
    const content = await openSeal(crypto, insideOf(group).entryKey, entry);
    return content.kind === "detached" ? content : openMessage(crypto, group, content.message);
  });
}

/** Opens an `MLSMessage` that was detached from its entry. */
export function openMessage(crypto: CryptoProvider, group: Group, bytes: Uint8Array): Promise<Opened> {
  return guarded("ERR_MLS_INVALID", async () => {
    ensureActive(group);
    // A copy: decoding yields views, and the group keeps some of what it reads.
    const message = decodeMessage(bytes.slice());
    if (message.wireformat === "mls_private_message") return openPrivate(crypto, group, message.privateMessage);
    ensure(message.wireformat === "mls_public_message", "ERR_MLS_INVALID", "such a message does not belong in a log");
    return openPublic(crypto, group, message.publicMessage);
  });
}

function ensureHere(group: Group, claimed: { readonly groupId: Uint8Array; readonly epoch: bigint }): void {
  ensure(sameBytes(claimed.groupId, group.groupId), "ERR_MLS_INVALID", "the message is of another group");
  ensure(claimed.epoch === BigInt(group.epoch), "ERR_MLS_WRONG_EPOCH", "the message is of another epoch");
}

async function openPublic(crypto: CryptoProvider, group: Group, message: PublicMessage): Promise<Opened> {
  ensureHere(group, message.content);
  const { removed, after } = await openExternalCommit(crypto, group, message);
  const added = after.members.filter((member) => sameDevice(member, removed));
  return {
    kind: "commit",
    sender: added[0] ?? removed,
    added,
    removed: [removed],
    before: group,
    after,
    writes: [encodeGroup(after)],
  };
}

async function openPrivate(crypto: CryptoProvider, group: Group, message: PrivateMessage): Promise<Opened> {
  ensureHere(group, message);
  const { state } = insideOf(group);
  const suite = await crypto.suite(group.suite);
  await ensureNotOwn(group, message, suite);
  const { content, tree } = await unprotectPrivateMessage(
    state.keySchedule.senderDataSecret,
    message,
    state.secretTree,
    state.ratchetTree,
    state.groupContext,
    state.clientConfig.keyRetentionConfig,
    suite,
  );
  const framed = content.content;
  ensure(framed.sender.senderType === "member", "ERR_MLS_INVALID", "a private message comes from a member");
  const sender = memberAt(group.members, framed.sender.leafIndex);
  const moved = { ...state, secretTree: tree };
  switch (framed.contentType) {
    case "application": {
      const after = withState(group, moved);
      const writes = [ratchetDelta(after, sender.leafIndex, "application")];
      return {
        kind: "application",
        sender,
        payload: framed.applicationData,
        aad: framed.authenticatedData,
        after,
        writes,
      };
    }
    case "proposal":
      return openProposal(group, { content, proposal: framed.proposal, sender, state: moved, suite });
    case "commit": {
      // The parts were told apart just above; the type of the whole does not know it.
      const authenticated = content as AuthenticatedContentCommit;
      return openCommit(crypto, group, { content: authenticated, commit: framed.commit, committer: sender });
    }
  }
}

/**
 * This device's own entries come back from the log, and their keys are spent. One that its ratchet has not
 * reached yet shows that the state is older than what was sent: an application message is then opened like
 * any other, which moves the ratchet past it ([SN53]); a commit cannot be.
 */
async function ensureNotOwn(group: Group, message: PrivateMessage, suite: CiphersuiteImpl): Promise<void> {
  const { state } = insideOf(group);
  const senderData = await decryptSenderData(message, state.keySchedule.senderDataSecret, suite);
  if (senderData?.leafIndex !== group.self.leafIndex) return;
  const kind: RatchetKind = message.contentType === "application" ? "application" : "handshake";
  const node = state.secretTree[2 * senderData.leafIndex];
  const isKnown = node !== undefined && senderData.generation < node[kind].generation;
  ensure(!isKnown || message.contentType === "commit", "ERR_MLS_OWN", "the entry is this device's own");
  ensure(message.contentType !== "commit", "ERR_MLS_STALE", "the commit is this device's own, and its keys are lost");
}

interface ReceivedProposal {
  readonly content: AuthenticatedContent;
  readonly proposal: Proposal;
  readonly sender: Member;
  readonly state: ClientState;
  readonly suite: CiphersuiteImpl;
}

/** [SN9] The only proposal that stands by itself: the removal of one of the sender's own devices. */
async function openProposal(group: Group, received: ReceivedProposal): Promise<Opened> {
  const { content, proposal, sender, state, suite } = received;
  ensure(proposal.proposalType === "remove", "ERR_POLICY", "only leaving is proposed");
  const removed = memberAt(group.members, proposal.remove.removed);
  const isOwn = sameBytes(removed.accountId, sender.accountId);
  ensure(isOwn, "ERR_POLICY", "a proposal removes another account's device");
  // Another device may have proposed it too: who is first differs from member to member, so all are kept.
  const isRepeated = Object.values(state.unappliedProposals).some(
    ({ proposal: waiting, senderLeafIndex }) =>
      senderLeafIndex === sender.leafIndex &&
      waiting.proposalType === "remove" &&
      waiting.remove.removed === removed.leafIndex,
  );
  ensure(!isRepeated, "ERR_POLICY", "the sender has proposed this removal before");
  const after = withState(group, await processProposal(state, content, proposal, suite.hash));
  const writes = [ratchetDelta(after, sender.leafIndex, "handshake"), proposalsDelta(after)];
  return { kind: "proposal", sender, after, writes };
}

interface ReceivedCommit {
  readonly content: AuthenticatedContentCommit;
  readonly commit: Commit;
  readonly committer: Member;
}

async function openCommit(crypto: CryptoProvider, group: Group, received: ReceivedCommit): Promise<Opened> {
  const { content, commit, committer } = received;
  checkReceived(group, commit, committer);
  const { state } = insideOf(group);
  const suite = await crypto.suite(group.suite);
  const { newState } = await processCommit(state, content, "mls_private_message", emptyPskIndex, acceptAll, suite);
  const after = await makeGroup(crypto, newState, group.self);
  return {
    kind: "commit",
    sender: committer,
    added: missingFrom(after.members, group.members),
    removed: missingFrom(group.members, after.members),
    before: group,
    after,
    writes: [encodeGroup(after)],
  };
}

function missingFrom(members: readonly Member[], others: readonly Member[]): readonly Member[] {
  const known = new Map(others.map((member) => [member.leafIndex, member]));
  return members.filter((member) => {
    const other = known.get(member.leafIndex);
    return other === undefined || !sameDevice(other, member);
  });
}

/** Everything that is demanded of a commit before it is applied. */
function checkReceived(group: Group, commit: Commit, committer: Member): void {
  const isBounded = commit.proposals.length <= mlsLimits.proposalsMax;
  ensure(isBounded, "ERR_MLS_TOO_LARGE", "the commit changes too much at once");
  ensure(commit.path !== undefined, "ERR_POLICY", "a commit carries a path");
  const isSame = sameDevice(identityOf(commit.path.leafNode.credential), committer);
  ensure(isSame, "ERR_CREDENTIAL", "a commit cannot change whose leaf it is");
  const added: DeviceName[] = [];
  const removals: Removal[] = [];
  let policy: Group["policy"] | undefined;
  for (const entry of commit.proposals) {
    const { proposal, proposer } = resolve(group, entry, committer);
    switch (proposal.proposalType) {
      case "add":
        checkAddable(proposal.add.keyPackage);
        added.push(identityOf(proposal.add.keyPackage.leafNode.credential));
        break;
      case "remove":
        removals.push({ removed: memberAt(group.members, proposal.remove.removed), proposer });
        break;
      case "group_context_extensions":
        ensure(policy === undefined, "ERR_POLICY", "a commit changes the policy once");
        policy = policyOf(proposal.groupContextExtensions.extensions);
        break;
      default:
        ensure(false, "ERR_POLICY", "a commit holds a proposal of a kind that groups do not use");
    }
  }
  const before = { policy: group.policy, members: group.members };
  checkCommit({ before, committer, added, removals, policy: policy ?? group.policy });
}

function resolve(group: Group, entry: ProposalOrRef, committer: Member): { proposal: Proposal; proposer: Member } {
  if (entry.proposalOrRefType === "proposal") return { proposal: entry.proposal, proposer: committer };
  const { state } = insideOf(group);
  const found = state.unappliedProposals[bytesToBase64(entry.reference)];
  ensure(found?.senderLeafIndex !== undefined, "ERR_MLS_INVALID", "the commit refers to an unknown proposal");
  return { proposal: found.proposal, proposer: memberAt(group.members, found.senderLeafIndex) };
}
