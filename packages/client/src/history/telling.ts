/**
 * What this device may tell an account of the past of a log, and whether that is all there is.
 *
 * 1. Siblings are told everything: what this device has, it has rightly.
 * 2. Another account is told what was said while it was a member, by the testimony of the notices that this device
 *    has of its own reading: whom it found when it came, and who came and went then. Where it was not there, or had
 *    fallen out, it cannot tell who was a member, whatever it was told later of what was said.
 * 3. What an account said itself, it may always be told.
 */
import { type AccountId, toHex } from "@rempart/protocol";
import type { PlacedNotice, StoredNotice } from "../store/messages.ts";

/** Both ends belong to it. */
export interface SeqRange {
  readonly fromSeq: number;
  readonly toSeq: number;
}

export interface Telling {
  /** Whether an account may be told of what stands at a seq. */
  mayTell(item: { readonly seq: number; readonly sender: AccountId }): boolean;
  /** Whether this device knows all that the account may know. */
  readonly isComplete: boolean;
}

/** What a device knows of a log's past. */
export interface Testimony {
  /** The own account. */
  readonly own: string;
  readonly isDirect: boolean;
  /** In the order of the log. */
  readonly notices: readonly PlacedNotice[];
  readonly gaps: readonly (SeqRange & { readonly isOpen: boolean })[];
}

/** What an account that is a member now may be told of a part of a log. */
export function tellingOf({ own, isDirect, notices, gaps }: Testimony, account: string, asked: SeqRange): Telling {
  const isWhole = !gaps.some((gap) => gap.isOpen && overlaps(gap, asked));
  if (account === own || isDirect) return { mayTell: () => true, isComplete: isWhole };
  const unseen = [...gaps, ...absencesOf(own, notices)];
  const { member, unknown } = membershipOf(account, notices, unseen);
  return {
    mayTell: ({ seq, sender }) =>
      toHex(sender) === account || member.some(({ fromSeq, toSeq }) => seq >= fromSeq && seq <= toSeq),
    isComplete: isWhole && ![...unseen, ...unknown].some((range) => overlaps(range, asked)),
  };
}

function overlaps(a: SeqRange, b: SeqRange): boolean {
  return a.fromSeq <= b.toSeq && b.fromSeq <= a.toSeq;
}

/** The parts of a log that were written while the own account was not in the group, or had not come into it yet. */
function absencesOf(own: string, notices: readonly PlacedNotice[]): readonly SeqRange[] {
  const absences: SeqRange[] = [];
  let goneAt: number | undefined = 0;
  for (const { seq, notice } of notices) {
    const isBack = notice.kind === "created" || notice.kind === "joined" || notice.kind === "rejoined";
    if (isBack && goneAt !== undefined) {
      if (notice.kind !== "created") absences.push({ fromSeq: goneAt + 1, toSeq: seq });
      goneAt = undefined;
    }
    if ((notice.kind === "removed" || notice.kind === "left") && notice.accounts.includes(own)) goneAt = seq;
  }
  return absences;
}

/** Parts of a log. Where an account is in neither, it was not a member. */
interface Membership {
  readonly member: readonly SeqRange[];
  /** Where nothing that this device has read says whether it was. */
  readonly unknown: readonly SeqRange[];
}

/** When an account was a member, as far as what this device has read of the log says so. */
function membershipOf(account: string, notices: readonly PlacedNotice[], unseen: readonly SeqRange[]): Membership {
  const events = notices.filter(({ notice }) => isAbout(account, notice));
  const member: SeqRange[] = [];
  const unknown: SeqRange[] = [];
  for (const part of seenParts(unseen)) {
    const within = events.filter(({ seq }) => seq >= part.fromSeq && seq <= part.toSeq);
    const isMember = isMemberAtStart(account, part, within, notices);
    if (isMember === undefined) unknown.push(part);
    else member.push(...membershipWithin(part, within, isMember));
  }
  return { member, unknown };
}

function isAbout(account: string, notice: StoredNotice): boolean {
  const isChange = notice.kind === "added" || notice.kind === "removed" || notice.kind === "left";
  return isChange && notice.accounts.includes(account);
}

/** By whom this device found there when it came, or else by what happened first. */
function isMemberAtStart(
  account: string,
  part: SeqRange,
  events: readonly PlacedNotice[],
  notices: readonly PlacedNotice[],
): boolean | undefined {
  const found = notices.find(({ seq, members }) => seq === part.fromSeq - 1 && members !== undefined)?.members;
  if (found !== undefined) return found.includes(account);
  const first = events[0]?.notice.kind;
  if (first !== undefined) return first !== "added";
  // Whoever asks is a member now.
  return part.toSeq === Number.POSITIVE_INFINITY ? true : undefined;
}

/** Within a part that was read without a break. */
function membershipWithin(part: SeqRange, events: readonly PlacedNotice[], isMember: boolean): readonly SeqRange[] {
  const ranges: SeqRange[] = [];
  let fromSeq = isMember ? part.fromSeq : undefined;
  for (const { seq, notice } of events) {
    if (notice.kind === "added") fromSeq ??= seq;
    else if (fromSeq !== undefined) {
      ranges.push({ fromSeq, toSeq: seq });
      fromSeq = undefined;
    }
  }
  if (fromSeq !== undefined) ranges.push({ fromSeq, toSeq: part.toSeq });
  return ranges;
}

/** What is left of a log without these parts, in order. */
function seenParts(unseen: readonly SeqRange[]): readonly SeqRange[] {
  const parts: SeqRange[] = [];
  let fromSeq = 1;
  for (const gap of [...unseen].sort((a, b) => a.fromSeq - b.fromSeq)) {
    if (gap.fromSeq > fromSeq) parts.push({ fromSeq, toSeq: gap.fromSeq - 1 });
    fromSeq = Math.max(fromSeq, gap.toSeq + 1);
  }
  return [...parts, { fromSeq, toSeq: Number.POSITIVE_INFINITY }];
}
