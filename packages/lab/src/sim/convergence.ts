/**
 * [I7] After every fault is over, all devices come to show the same; [I2] and it contains everything that was
 * acknowledged. Compared are members of a chat only: who left or was removed keeps the past as it was.
 */
import type { MessageView } from "@rempart/client";
import type { Facts } from "./facts.ts";
import { type Absence, absencesBy } from "./invariants.ts";
import type { ChatReading, DeviceReading } from "./reading.ts";

/** What still differs, in sentences; empty when everyone agrees. Bounded: the first few say enough. */
export function disagreements(readings: readonly DeviceReading[], facts: Facts): readonly string[] {
  const found: string[] = [];
  for (const reading of readings) found.push(...unsent(reading));
  for (const chat of chatsOf(readings)) {
    const members = readings.flatMap((reading) => {
      const shown = reading.chats.find(({ view }) => view.chat === chat);
      return shown?.view.isActive ? [{ reading, shown }] : [];
    });
    found.push(...missing({ chat, members, readings, facts }));
    const [first, ...others] = members;
    if (first === undefined) continue;
    for (const other of others) found.push(...differences(first, other, readings));
  }
  found.push(...notThere(readings));
  return found.slice(0, reportedMax);
}

const reportedMax = 12;

interface MemberOf {
  readonly reading: DeviceReading;
  readonly shown: ChatReading;
}

function chatsOf(readings: readonly DeviceReading[]): ReadonlySet<string> {
  return new Set(readings.flatMap(({ chats }) => chats.map(({ view }) => view.chat)));
}

function unsent(reading: DeviceReading): string[] {
  return reading.chats.flatMap(({ view, messages }) =>
    messages
      // What was queued when its sender was removed has failed for good, and he knows.
      .filter(({ isOwn, error }) => isOwn && view.isActive && error !== "ERR_INACTIVE")
      .filter(({ state }) => state === "queued" || state === "failed")
      .map(
        ({ message, state, error }) =>
          `${reading.device}: message ${message} in ${view.chat} is ${state} ${error ?? ""}`,
      ),
  );
}

/** Every account that others list as a member has the chat, active, on each of its devices. */
function notThere(readings: readonly DeviceReading[]): string[] {
  const found: string[] = [];
  for (const { device, chats } of readings) {
    for (const { view } of chats) {
      if (!view.isActive) continue;
      for (const { account } of view.members) {
        for (const other of readings) {
          if (other.account !== account) continue;
          const isThere = other.chats.some((chat) => chat.view.chat === view.chat && chat.view.isActive);
          if (!isThere)
            found.push(`${other.device} is in chat ${view.chat} by what ${device} shows, but does not show it`);
        }
      }
    }
  }
  return found;
}

function differences(a: MemberOf, b: MemberOf, readings: readonly DeviceReading[]): string[] {
  const where = `chat ${a.shown.view.chat}: ${a.reading.device} and ${b.reading.device}`;
  const found: string[] = [];
  const compare = (what: string, one: string, other: string) => {
    if (one !== other) found.push(`${where} differ in ${what}: ${one} | ${other}`);
  };
  if (a.shown.view.kind === "group") compare("title", a.shown.view.title, b.shown.view.title);
  compare("members", membersOf(a.shown), membersOf(b.shown));
  compare("permissions", JSON.stringify(a.shown.view.permissions), JSON.stringify(b.shown.view.permissions));
  const others = new Map(b.shown.messages.filter(isCommon).map((message) => [message.message, message]));
  // Edits and reactions from while one of them was out of the group are for the other alone.
  const { chat } = a.shown.view;
  const out = [a, b].flatMap(({ reading }) => absencesIn(chat, readings, reading.account));
  const since = Math.max(
    memberSince(a.shown.messages),
    memberSince(b.shown.messages),
    ...out.map(({ until }) => until),
  );
  for (const message of a.shown.messages.filter(isCommon)) {
    if (message.seq < since) continue;
    const other = others.get(message.message);
    if (other !== undefined) compare(`message ${message.message}`, faceOf(message), faceOf(other));
  }
  return found;
}

function membersOf({ view }: ChatReading): string {
  return view.members
    .map(({ account, role, devices }) => `${account.slice(0, 8)}:${role}:${devices}`)
    .sort()
    .join(" ");
}

function isCommon(message: MessageView): boolean {
  return message.notice === undefined;
}

/** What everybody sees of a message alike; what it replied to may be from before somebody's time. */
function faceOf({ from, text, isDeleted, editedAt, reactions, seq }: MessageView): string {
  if (isDeleted) return JSON.stringify([seq, from.slice(0, 8), "deleted"]);
  const reacted = reactions.map(({ emoji, count }) => `${emoji}${count}`).sort();
  return JSON.stringify([seq, from.slice(0, 8), text, editedAt !== undefined, reacted]);
}

interface Missing {
  readonly chat: string;
  readonly members: readonly MemberOf[];
  readonly readings: readonly DeviceReading[];
  readonly facts: Facts;
}

/** Messages that a member should show and does not: said since he joined, and acknowledged or shown by another. */
function missing({ chat, members, readings, facts }: Missing): string[] {
  const expected = new Map<string, number>();
  for (const { message, ackedSeq, chat: where } of facts.said) {
    if (where === chat && ackedSeq !== undefined && !facts.isGone(message)) expected.set(message, ackedSeq);
  }
  for (const { shown } of members) {
    for (const { message, seq, notice } of shown.messages)
      if (notice === undefined && seq > 0) expected.set(message, seq);
  }
  // A device that was linked later is given a history, in which what was deleted is not.
  for (const { shown } of members) {
    for (const { message, isDeleted } of shown.messages) if (isDeleted) expected.delete(message);
  }
  const devices = members.map((member) => member.reading.device);
  return members.flatMap(({ reading, shown }) => {
    const shownIds = new Set(shown.messages.map(({ message }) => message));
    const since = memberSince(shown.messages);
    const absences = absencesIn(chat, readings, reading.account);
    const wasOut = (seq: number) => absences.some(({ from, until }) => seq > from && seq < until);
    return [...expected]
      .filter(([message, seq]) => seq > since && !shownIds.has(message) && !wasOut(seq))
      .filter(([message]) => !facts.isOutOfReach(message, reading.device))
      .filter(
        ([message, seq]) => facts.isKeptBy(message, devices) || !hadToAsk({ facts, message, seq, reading, shown }),
      )
      .map(([message, seq]) => `${reading.device} does not show message ${message} at seq ${seq} of chat ${chat}`);
  });
}

/**
 * Whether a device could have this message from others only: it lost it with its disk, or found its way back into the
 * group behind it. Where whoever has it has left since, nobody is there who could tell.
 */
function hadToAsk({
  facts,
  message,
  seq,
  reading,
  shown,
}: MemberOf & { readonly facts: Facts; readonly message: string; readonly seq: number }): boolean {
  const isPast = shown.messages.some((other) => other.notice?.kind === "rejoined" && other.seq > seq);
  return isPast || facts.hadLost(message, reading.device);
}

/**
 * When an account was out of a chat. A restored device may have forgotten that it was; others have not, those who have
 * left since included.
 */
function absencesIn(chat: string, readings: readonly DeviceReading[], account: string): readonly Absence[] {
  return readings.flatMap((witness) => {
    const testimony = witness.chats.find(({ view }) => view.chat === chat);
    return testimony === undefined ? [] : absencesBy(witness, testimony, account);
  });
}

/** The seq from which a device has been in the group without a break. */
function memberSince(messages: readonly MessageView[]): number {
  let since = messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  for (const { notice, seq } of messages) {
    if (notice?.kind === "joined" || notice?.kind === "created") since = Math.max(since, seq);
  }
  return since;
}
