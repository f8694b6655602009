/** Being welcomed into a group: by a contact, by somebody with one's link, or by an own device. */
import { sameBytes, toHex } from "@rempart/protocol";
import {
  type AddingEntry,
  decryptBlob,
  type Group,
  type Joined,
  joinFromWelcome,
  type Payload,
  SessionError,
  type WelcomeEntry,
} from "@rempart/session";
import { isNewerSelfGroup, moveSelfGroup } from "../devices/self-group.ts";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { downloadBlob } from "../files/download.ts";
import { accountsOf } from "../groups/members.ts";
import { clientLimits } from "../limits.ts";
import { addNotice } from "../messages/notices.ts";
import { isFollowed } from "../store/logs.ts";
import type { WelcomeBack } from "../store/rejoins.ts";
import type { Effect } from "../sync/contact-log.ts";

/** Opens a Welcome. Throws `SessionError` when it is not for this device, or not one to be followed. */
export async function prepareWelcome(engine: Engine, entry: WelcomeEntry): Promise<Effect> {
  const sender = toHex(entry.sender);
  if (!isFromSomebodyKnown(engine, entry, sender)) return strangersEffect(engine, entry);
  const { device } = engine.own();
  const welcome = await payloadBytes(engine, entry.welcome);
  const keyPackages = engine.tables.keyPackages.all();
  let joined: Joined;
  try {
    joined = await joinFromWelcome(engine.crypto, { device, welcome, keyPackages });
  } catch (error) {
    if (!(error instanceof SessionError) || error.code !== "ERR_MLS_NOT_MEMBER") throw error;
    return missedEffect(engine, entry);
  }
  const { group } = joined;
  if (!sameBytes(group.groupId, entry.join.logId) || !sameBytes(joined.invitedBy.accountId, entry.sender)) return {};
  const log = toHex(group.groupId);
  const old = engine.tables.logs.get(log);
  // A Welcome that is read again, or one for a group that this device has found its way back into.
  if (old?.state === "active") return welcomeBackEffect(engine, entry);
  if (old !== undefined && old.epoch >= group.epoch) return {};
  // The way back may be in the log already, and would remove the leaf that this Welcome is for.
  if (engine.tables.commits.staged(log)?.detail.rejoin !== undefined) return {};
  const { kind } = group.policy;
  // Of a generation that has been given up: others have founded the next.
  if (kind === "self" && old === undefined && !(await isNewerSelfGroup(engine, log))) return {};
  const greeting = await engine.selfSync.composeGreeting(log, kind);
  return {
    write: (changes) => writeJoin(engine, { entry, joined, log, sender, greeting }, changes),
    apply() {
      engine.groupCache.set(log, group);
      engine.sync.follow(log);
      engine.keyPackages.kick();
    },
  };
}

/**
 * Groups take in what contacts send, but who is a contact may be news to this device only: a sibling has added him, and
 * has not told yet. See {@link Contacts.met}.
 */
function strangersEffect(engine: Engine, entry: WelcomeEntry): Effect {
  const back = welcomeBackOf(entry);
  const { logs, rejoins } = engine.tables;
  if (logs.get(back.log) !== undefined) return {};
  return { write: () => rejoins.noteStrangersWelcome(back, clientLimits.strangersWelcomesMax) };
}

/**
 * A Welcome for keys that this device does not have. For a new device those are its siblings' old ones; for any
 * other it may be that a backup was restored which lacks them: then the sender is asked for a way in. When
 * the Welcome was for a sibling after all, nobody answers, and the question is dropped.
 */
function missedEffect(engine: Engine, entry: WelcomeEntry): Effect {
  const { logs, meta, people } = engine.tables;
  const { senderCard } = entry;
  const back = welcomeBackOf(entry);
  const { log, helper } = back;
  const old = logs.get(log);
  if (meta.get("selfGroup") === undefined || old?.state === "lost") return {};
  if (isFollowed(old?.state)) return welcomeBackEffect(engine, entry);
  // Read again, by a device that has left since.
  if (old !== undefined && old.nextSeq >= back.fromSeq) return {};
  return {
    write() {
      if (helper !== engine.own().account && people.get(helper)?.card === undefined) people.setCard(helper, senderCard);
      engine.healing.missed(back);
      engine.keyPackages.suspect();
    },
    apply() {
      engine.healing.kickAll();
      engine.keyPackages.kick();
    },
  };
}

/**
 * This device's note of whom a commit of its own was to add: news to one that was restored from an older backup. It may
 * not know the group at all, or be about to find that it has lost its place there.
 */
export function addingEffect(engine: Engine, note: AddingEntry): Effect {
  const { account, device } = engine.own();
  const isOwn = toHex(note.sender) === account && sameBytes(note.deviceId, device.deviceId);
  const log = toHex(note.groupId);
  const { logs, commits } = engine.tables;
  const staged = commits.staged(log);
  const isOnItsWay = staged !== undefined && sameBytes(staged.entryId, note.entryId);
  // Whoever has followed the group past that epoch has seen what became of the commit.
  if (!isOwn || isOnItsWay || (logs.get(log)?.epoch ?? 0) > note.epoch) return {};
  return { write: () => engine.lateWelcomes.remember(log, note), apply: () => engine.lateWelcomes.kickAll() };
}

/**
 * A Welcome to a group that this device is in. Where it is from later than this device has read, this device may have
 * been removed in between, and will need it when it reads so.
 */
function welcomeBackEffect(engine: Engine, entry: WelcomeEntry): Effect {
  const back = welcomeBackOf(entry);
  const nextSeq = engine.tables.logs.get(back.log)?.nextSeq ?? 0;
  return back.fromSeq > nextSeq ? { write: () => engine.tables.rejoins.noteWelcome(back) } : {};
}

function welcomeBackOf({ join, sender }: WelcomeEntry): WelcomeBack {
  return { log: toHex(join.logId), fromSeq: join.fromSeq, chain: join.chain, helper: toHex(sender) };
}

/** Strangers get in by a link of this account only; groups take in what contacts send. */
function isFromSomebodyKnown(engine: Engine, entry: WelcomeEntry, sender: string): boolean {
  const { account, card } = engine.own();
  if (sender === account || engine.tables.people.get(sender)?.contactAt !== undefined) return true;
  return entry.linkSecret !== undefined && sameBytes(entry.linkSecret, card.linkSecret);
}

/** What an entry carries or refers to. Throws `ERR_BLOB` when the server does not have it. */
export async function payloadBytes(engine: Engine, payload: Payload): Promise<Uint8Array> {
  if (payload.kind === "inline") return payload.bytes.slice();
  const ciphertext = await downloadBlob(engine, payload.blob);
  if (ciphertext === undefined) throw new SessionError("ERR_BLOB", "the blob of an entry is not on the server");
  return decryptBlob(engine.crypto, payload.blob, ciphertext);
}

interface Join {
  readonly entry: WelcomeEntry;
  readonly joined: Joined;
  readonly log: string;
  readonly sender: string;
  /** What this device says first in the group. */
  readonly greeting: Uint8Array;
}

function writeJoin(engine: Engine, join: Join, changes: Changes): void {
  const { entry, joined, log, sender, greeting } = join;
  const { group, used, write } = joined;
  const { logs, groups, keyPackages, rejoins, people, commits } = engine.tables;
  const { fromSeq: nextSeq, chain } = entry.join;
  logs.forgetChain(log);
  logs.put({ log, kind: "group", state: "active", isCreated: true, nextSeq, chain, ...group.keys });
  groups.write(log, [write]);
  rejoins.remove(log);
  commits.abandon(log);
  if (!used.isLastResort) keyPackages.remove(used.reference);
  if (sender !== engine.own().account) {
    people.setName(sender, cleanName(entry.senderName));
    if (people.get(sender)?.card === undefined) people.setCard(sender, entry.senderCard);
  }
  engine.outbox.add(log, { content: greeting });
  if (group.policy.kind === "self") moveSelfGroup(engine, log, changes);
  else writeChat(engine, join, changes);
  // This account was there before this device: what it has missed is its own.
  if (sender === engine.own().account) engine.history.missed(log, { fromSeq: 1, toSeq: nextSeq - 1 });
}

function writeChat(engine: Engine, { log, joined, entry }: Join, changes: Changes): void {
  const { group } = joined;
  const other = otherAccount(engine, group);
  const now = engine.clock.now();
  engine.groups.addChat({ log, group, ...(other !== undefined && { other }), at: now }, changes);
  const place = { log, seq: entry.join.fromSeq - 1, at: now, index: 14 };
  if (group.policy.kind !== "group") return;
  addNotice(engine, { ...place, notice: { kind: "joined" }, members: accountsOf(group) }, changes);
}

/** The other account of a direct group: it stands in the policy even when none of its devices is there. */
export function otherAccount(engine: Engine, group: Group): string | undefined {
  if (group.policy.kind !== "direct") return undefined;
  const { account } = engine.own();
  return group.policy.roles.map((role) => toHex(role.accountId)).find((candidate) => candidate !== account);
}

/**
 * At most `nameUnitsMax` units, without control characters and halves of characters: what others call themselves
 * is not to be trusted.
 */
export function cleanName(name: string): string {
  return name
    .replace(/\p{Cc}/gu, "")
    .trim()
    .slice(0, clientLimits.nameUnitsMax)
    .toWellFormed();
}
