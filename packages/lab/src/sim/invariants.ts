/**
 * What must hold throughout, whatever goes wrong. Some of it is watched event by event where it happens;
 * the rest is read out of the clients here.
 *
 * - I0 Nothing unforeseen: no uncoded failure, no rejection that nobody handles, and no use of the real
 *   clock, randomness or network. (`run.ts`, `guard.ts`)
 * - I1 One history per log: seqs are dense, an entry never changes, and everybody who reads a seq reads the
 *   same entry. (`wire-observer.ts`)
 * - I2 Acknowledged means there: what a device was told is durable is in the log after any crash, and in the
 *   end every member shows it. (`wire-observer.ts`, `convergence.ts`)
 * - I3 Each message exactly once and in order, the same order at every member. (`facts.ts`, `device-eye.ts`, here)
 * - I4 Nothing opens outside its epoch: who was removed shows nothing sent while he was out, and who joined
 *   nothing from before. (here)
 * - I5 Marked plaintexts and private keys are nowhere on the server's side. (`secrets.ts`)
 * - I6 Queues are bounded: buffers towards slow readers, requests without an answer, events waiting. (here, `wire-observer.ts`)
 * - I7 Healed, everyone converges. (`convergence.ts`)
 */
import type { MessageView } from "@rempart/client";
import type { ChatReading, DeviceReading } from "./reading.ts";
import type { Stage } from "./stage.ts";
import type { Violations } from "./violation.ts";

/** Events that may wait at once: a few timers and frames for each device, and no storm. */
const eventsWaitingMax = 20_000;
const linksPerDeviceMax = 8;
/** How far apart the orders of logs are that one chat shows. */
const mergedRange = 2 ** 32;

/** [I6] on what the simulation itself sees waiting. */
export function checkQueues(stage: Stage, deviceCount: number): void {
  if (stage.schedule.pending > eventsWaitingMax) {
    stage.violations.report("I6", `${stage.schedule.pending} events are waiting, ${eventsWaitingMax} at most`);
  }
  const linksMax = linksPerDeviceMax * (deviceCount + 1);
  if (stage.network.linkCount > linksMax) {
    stage.violations.report("I6", `${stage.network.linkCount} links are open for ${deviceCount} devices`);
  }
}

/** [I3] within one device: no message twice, in no two chats, ascending in the chat and in the log alike. */
export function checkReading(reading: DeviceReading, { facts, violations }: Pick<Stage, "facts" | "violations">): void {
  const ids = new Set<string>();
  for (const { view, messages } of reading.chats) {
    const where = `${reading.device} in chat ${view.chat}`;
    let before: MessageView | undefined;
    for (const message of messages) {
      if (ids.has(message.message)) violations.report("I3", `${where} shows message ${message.message} twice`);
      ids.add(message.message);
      if (before !== undefined && message.order <= before.order) {
        violations.report("I3", `${where} shows messages ${before.message} and ${message.message} out of order`);
      }
      if (before !== undefined && isBackwards(before, message))
        violations.report("I3", `${where} shows seq ${message.seq} after ${before.seq}`);
      before = message;
    }
    checkTexts(where, messages, { facts, violations });
  }
}

/**
 * Two people who add each other at once have two logs and one chat, and more where a backup was restored: what
 * stands in another log has a negative order, in a range of that log's own, before everything of the chat's. Seqs
 * are compared within one log.
 */
function isBackwards(before: MessageView, after: MessageView): boolean {
  const isSameLog = Math.floor(before.order / mergedRange) === Math.floor(after.order / mergedRange);
  return isSameLog && before.seq > 0 && after.seq > 0 && after.seq < before.seq;
}

/**
 * [I3] A text of the simulation is said once; showing it under two ids is showing it twice. Not while it is queued for a
 * chat that was lost: a restored device may have said it again already, and hears of it before its old queue is gone through.
 */
function checkTexts(
  where: string,
  messages: readonly MessageView[],
  { facts, violations }: Pick<Stage, "facts" | "violations">,
): void {
  const texts = new Map<string, string>();
  for (const { message, text, seq, notice } of messages) {
    if (notice !== undefined || text === "" || (seq === 0 && facts.maySayAgain(text))) continue;
    const other = texts.get(text);
    if (other !== undefined) violations.report("I3", `${where} shows "${text}" as ${other} and as ${message}`);
    texts.set(text, message);
  }
}

/**
 * [I3] between two devices: what both show of one chat, both show in one order. Only what has a place in
 * the log counts; what is queued stands last on its own device.
 */
export function checkSameOrder(a: DeviceReading, b: DeviceReading, violations: Violations): void {
  for (const { view, messages } of a.chats) {
    const others = b.chats.find((chat) => chat.view.chat === view.chat);
    if (others === undefined) continue;
    const inA = new Set(messages.filter(isPlaced).map(({ message }) => message));
    const common = others.messages.filter((message) => isPlaced(message) && inA.has(message.message));
    const inBoth = new Set(common.map(({ message }) => message));
    const orderA = messages.filter((message) => isPlaced(message) && inBoth.has(message.message));
    const at = orderA.findIndex(({ message }, i) => message !== common[i]?.message);
    if (at >= 0) {
      const [one, other] = [orderA[at]?.message, common[at]?.message];
      violations.report("I3", `${a.device} and ${b.device} disagree in chat ${view.chat}: ${one} or ${other} first`);
    }
  }
}

function isPlaced(message: MessageView): boolean {
  return message.seq > 0 && message.notice === undefined;
}

/** A stretch of a log during which an account was not in its group. */
export interface Absence {
  readonly from: number;
  readonly until: number;
}

/**
 * [I4] by the testimony of one member who was never away: his notices say who left and who came back, and
 * where in the log. Whoever was out shows no message from meanwhile.
 */
export function checkEpochs(witness: DeviceReading, other: DeviceReading, violations: Violations): void {
  for (const chat of witness.chats) {
    const { messages, view } = chat;
    const shown = other.chats.find((chat) => chat.view.chat === view.chat);
    if (shown === undefined || view.kind !== "group" || !isOfLongStanding(view.isActive, messages)) continue;
    const absences = absencesBy(witness, chat, other.account);
    for (const message of shown.messages) {
      if (!isPlaced(message)) continue;
      const absence = absences.find(({ from, until }) => message.seq > from && message.seq < until);
      if (absence === undefined) continue;
      const what = `${other.device} shows seq ${message.seq} of chat ${view.chat}`;
      violations.report("I4", `${what}, though ${witness.device} saw it out from ${absence.from} to ${absence.until}`);
    }
  }
}

/**
 * When an account was out of a group, by the notices of a member. He testifies to what he has read himself: not to what
 * came while he was out, and not to whether somebody came back meanwhile.
 */
export function absencesBy(witness: DeviceReading, chat: ChatReading, account: string): readonly Absence[] {
  const { messages } = chat;
  const name = nameOf(chat, account);
  if (name === undefined) return [];
  const absences: Absence[] = [];
  let open: Absence | undefined;
  let read = 0;
  const close = (until: number) => {
    if (open !== undefined) absences.push({ from: open.from, until });
    open = undefined;
  };
  for (const { notice, seq } of messages) {
    read = Math.max(read, seq);
    if (notice?.kind === "joined" || notice?.kind === "rejoined" || notice?.kind === "gap") open = undefined;
    if (notice === undefined || !("names" in notice)) continue;
    const isGone = notice.kind === "removed" || notice.kind === "left";
    if (notice.names.includes(name)) {
      if (notice.kind === "added") close(seq);
      else if (isGone) open ??= { from: seq, until: Number.POSITIVE_INFINITY };
    }
    if (isGone && notice.names.includes(witness.name)) close(seq + 1);
  }
  // A witness who lags behind says nothing of what he has not read.
  close(read + 1);
  return absences;
}

function isOfLongStanding(isActive: boolean, messages: readonly MessageView[]): boolean {
  const entered = messages.filter(({ notice }) => notice?.kind === "joined" || notice?.kind === "created");
  return isActive && entered.length === 1;
}

/** What the witness calls an account: names in his notices are those that he knows now. */
function nameOf({ view, messages }: ChatReading, account: string): string | undefined {
  const member = view.members.find((each) => each.account === account);
  return (member ?? messages.find(({ from }) => from === account))?.name;
}

/** [I4] A device that nobody gave a history shows nothing from before it joined. */
export function checkJoins(reading: DeviceReading, violations: Violations): void {
  for (const { view, messages } of reading.chats) {
    const joined = messages.find(({ notice }) => notice?.kind === "joined");
    const isCreator = messages.some(({ notice }) => notice?.kind === "created");
    const early = messages.find((message) => isPlaced(message) && message.seq < (joined?.seq ?? 0));
    // Whoever found a way back into it has been there before, and was told of that time.
    const hasComeBack = messages.some(({ notice }) => notice?.kind === "rejoined");
    if (early === undefined || isCreator || hasComeBack || view.kind !== "group") continue;
    violations.report(
      "I4",
      `${reading.device} shows seq ${early.seq} of chat ${view.chat}, which it joined at ${joined?.seq}`,
    );
  }
}
