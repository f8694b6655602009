/** A commit out of the log: the group, the chat and what people see of it, in one transaction. */
import { sameBytes, toHex } from "@rempart/protocol";
import { decodeGroup, type Group, type Opened, roleOf } from "@rempart/session";
import { knownReach, prepareWelcomes } from "../contacts/send-welcome.ts";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { accountsOf, storedMembersOf } from "../groups/members.ts";
import { addNotice } from "../messages/notices.ts";
import type { CommitRow } from "../store/commits.ts";
import type { NewDelivery } from "../store/deliveries.ts";
import type { StoredNotice } from "../store/messages.ts";
import type { GroupEffect, Placed } from "../sync/group-log.ts";

type OpenedCommit = Extract<Opened, { kind: "commit" }>;

/** Another device's commit. It ends an own staged one; the wish behind that stays. */
export async function commitEffect(engine: Engine, placed: Placed, opened: OpenedCommit): Promise<GroupEffect> {
  const { log } = placed;
  const { before, after } = opened;
  return {
    after,
    writes: opened.writes,
    isLast: true,
    write(changes) {
      engine.tables.commits.unstage(log);
      writeEpoch(engine, { placed, before, after }, changes);
    },
    apply: () => applied(engine, log, after),
  };
}

/** The own staged commit has won. */
export async function ownCommitEffect(engine: Engine, placed: Placed, staged: CommitRow): Promise<GroupEffect> {
  const { log, group: before } = placed;
  const after = await decodeGroup(engine.crypto, { snapshot: staged.snapshot, deltas: [] });
  const welcomes = await welcomesFor(engine, placed, staged);
  const names = await namesFor(engine, log, before, after);
  return {
    after,
    writes: [{ kind: "snapshot", bytes: staged.snapshot }],
    isLast: true,
    write(changes) {
      engine.tables.commits.unstage(log);
      if (staged.detail.intention !== undefined) engine.tables.commits.fulfil(staged.detail.intention);
      for (const welcome of welcomes) engine.tables.deliveries.add(welcome);
      writeEpoch(engine, { placed, before, after }, changes);
      if (names !== undefined) engine.outbox.add(log, { content: names });
    },
    apply() {
      applied(engine, log, after);
      engine.deliveries.kick();
    },
  };
}

async function welcomesFor(
  engine: Engine,
  { log, entry, chain }: Placed,
  { detail }: CommitRow,
): Promise<readonly NewDelivery[]> {
  const { welcome } = detail;
  if (welcome === undefined) return [];
  const welcomed = detail.welcomed.map((account) => knownReach(engine, account));
  return prepareWelcomes(engine, { log, seq: entry.seq, chain, welcome, welcomed });
}

/** New members are told who the others are: the committer says what names it knows. */
async function namesFor(engine: Engine, log: string, before: Group, after: Group): Promise<Uint8Array | undefined> {
  if (after.policy.kind !== "group") return undefined;
  const hasNew = accountsOf(after).some((account) => !accountsOf(before).includes(account));
  return hasNew ? engine.selfSync.composeNames(log, accountsOf(after)) : undefined;
}

interface EpochChange {
  readonly placed: Placed;
  readonly before: Group;
  readonly after: Group;
}

function writeEpoch(engine: Engine, change: EpochChange, changes: Changes): void {
  const { placed, after } = change;
  const { logs, chats } = engine.tables;
  if (!after.isActive) engine.leaving.hasLeft(placed.log, changes);
  else logs.setKeys(placed.log, after.keys);
  // The commit did not know of this device's leave, or could not take it up: it is proposed again.
  const isLeaving = logs.get(placed.log)?.state === "leaving" || hasAccountLeft(change);
  if (after.isActive && isLeaving) engine.leaving.queueLeave(placed.log, after);
  if (chats.get(placed.log) === undefined) return;
  if (after.isActive) chats.setGroup(placed.log, after.policy.name, storedMembersOf(after));
  for (const [index, notice] of noticesOf(change).entries()) {
    addNotice(engine, { log: placed.log, seq: placed.entry.seq, at: placed.entry.receivedAt, index, notice }, changes);
  }
  changes.chat(placed.log);
}

/** Whether a sibling has left for the whole account, and did not know of this device: it was new in the group. */
function hasAccountLeft({ before, after }: EpochChange): boolean {
  const { accountId, deviceId } = before.self;
  const siblings = before.pendingRemovals.filter(
    (member) => sameBytes(member.accountId, accountId) && !sameBytes(member.deviceId, deviceId),
  );
  return siblings.some(({ deviceId: gone }) => !after.members.some((member) => sameBytes(member.deviceId, gone)));
}

function applied(engine: Engine, log: string, after: Group): void {
  if (!after.isActive) {
    engine.leaving.hasGone(log);
    return;
  }
  engine.outbox.kick(log);
  engine.commits.kick(log);
}

function noticesOf({ before, after, placed }: EpochChange): readonly StoredNotice[] {
  if (after.policy.kind !== "group") return [];
  const old = accountsOf(before);
  const now = accountsOf(after);
  const isOwn = (account: string) => account === toHex(before.self.accountId);
  const gone = old.filter((account) => (isOwn(account) ? !after.isActive : !now.includes(account)));
  const hasAsked = (account: string) => before.pendingRemovals.some((member) => toHex(member.accountId) === account);
  const added = now.filter((account) => !old.includes(account));
  const left = gone.filter(hasAsked);
  const removed = gone.filter((account) => !hasAsked(account));
  const notices: StoredNotice[] = [];
  if (placed.group.epoch === 0) notices.push({ kind: "created" });
  if (added.length > 0) notices.push({ kind: "added", accounts: added });
  if (removed.length > 0) notices.push({ kind: "removed", accounts: removed });
  if (left.length > 0) notices.push({ kind: "left", accounts: left });
  if (before.policy.name !== after.policy.name) notices.push({ kind: "renamed", title: after.policy.name });
  return [...notices, ...roleNotices(before, after)];
}

function roleNotices(before: Group, after: Group): readonly StoredNotice[] {
  const stayed = after.members.filter((member) => before.members.some((m) => sameBytes(m.accountId, member.accountId)));
  const accounts = new Map(stayed.map((member) => [toHex(member.accountId), member.accountId]));
  const notices: StoredNotice[] = [];
  for (const [account, accountId] of accounts) {
    const role = roleOf(after.policy, accountId);
    if (role === roleOf(before.policy, accountId)) continue;
    notices.push({ kind: "role", accounts: [account], role });
  }
  return notices;
}
