import assert from "node:assert/strict";
import { test } from "node:test";
import { asId, fromHex } from "@rempart/protocol";
import type { StoredNotice } from "../store/messages.ts";
import { type Testimony, tellingOf } from "./telling.ts";

const [ada, bob, carol] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];
const whole = { fromSeq: 1, toSeq: 100 };

const created: StoredNotice = { kind: "created" };
const joined: StoredNotice = { kind: "joined" };
const rejoined: StoredNotice = { kind: "rejoined" };
const added = (account: string): StoredNotice => ({ kind: "added", accounts: [account] });
const removed = (account: string): StoredNotice => ({ kind: "removed", accounts: [account] });
const left = (account: string): StoredNotice => ({ kind: "left", accounts: [account] });

/** What Ada knows, of these notices by their seqs. */
function knowing(notices: Readonly<Record<number, StoredNotice>>, gaps: Testimony["gaps"] = []): Testimony {
  const placed = Object.entries(notices).map(([seq, notice]) => ({ seq: Number(seq), notice }));
  return { own: ada, isDirect: false, notices: placed, gaps };
}

/** The same, of one who has noted whom she found at some of these seqs. */
function finding(testimony: Testimony, found: Readonly<Record<number, readonly string[]>>): Testimony {
  const notices = testimony.notices.map((placed) => {
    const members = found[placed.seq];
    return members === undefined ? placed : { ...placed, members };
  });
  return { ...testimony, notices };
}

/** The seqs out of some of Carol's messages that may be told. */
function toldTo(account: string, testimony: Testimony, seqs: readonly number[], sender = carol): readonly number[] {
  const { mayTell } = tellingOf(testimony, account, whole);
  const senderId = asId("AccountId", fromHex(sender));
  return seqs.filter((seq) => mayTell({ seq, sender: senderId }));
}

test("an account is told what was said while it was there, each time that it was there", () => {
  const known = knowing({ 1: created, 3: added(bob), 20: left(bob), 40: added(bob), 60: removed(bob), 70: added(bob) });
  assert.deepEqual(toldTo(bob, known, [2, 5, 19, 25, 39, 45, 59, 65, 75]), [5, 19, 45, 59, 75]);
  assert.equal(tellingOf(known, bob, whole).isComplete, true);
});

test("whoever goes later was there before, and whoever never came or went was always there", () => {
  assert.deepEqual(toldTo(bob, knowing({ 1: created, 50: removed(bob), 60: added(bob) }), [10, 55, 70]), [10, 70]);
  assert.deepEqual(toldTo(bob, knowing({ 1: created, 30: removed(carol) }), [10, 70]), [10, 70]);
});

test("of the time in which this device was not there, or had fallen out, others are told nothing", () => {
  const late = knowing({ 30: joined });
  assert.deepEqual(toldTo(bob, late, [10, 40]), [40]);
  assert.equal(tellingOf(late, bob, whole).isComplete, false);
  assert.equal(tellingOf(late, bob, { fromSeq: 31, toSeq: 100 }).isComplete, true);
  const fallen = knowing({ 1: created, 2: added(bob), 60: rejoined }, [{ fromSeq: 40, toSeq: 59, isOpen: false }]);
  // Bob may have been removed and added again unseen: what is before that stays certain.
  assert.deepEqual(toldTo(bob, fallen, [10, 45, 65]), [10, 65]);
  assert.equal(tellingOf(fallen, bob, whole).isComplete, false);
  const back = knowing({ 1: created, 2: added(bob), 20: removed(ada), 50: joined });
  assert.deepEqual(toldTo(bob, back, [10, 30, 60]), [10, 60]);
});

test("whom this device found when it came is known to have been there, though nothing else tells", () => {
  const away = knowing({ 2: joined, 20: removed(ada), 50: joined });
  assert.deepEqual(toldTo(bob, away, [10, 30, 60]), [60]);
  assert.equal(tellingOf(away, bob, { fromSeq: 5, toSeq: 15 }).isComplete, false, "whether Bob was there is not known");
  const found = finding(away, { 2: [ada, bob, carol], 50: [ada, bob] });
  assert.deepEqual(toldTo(bob, found, [10, 30, 60]), [10, 60]);
  assert.equal(tellingOf(found, bob, { fromSeq: 5, toSeq: 15 }).isComplete, true);
  const without = finding(away, { 2: [ada, carol], 50: [ada, bob] });
  assert.deepEqual(toldTo(bob, without, [10, 30, 60]), [60]);
  assert.equal(tellingOf(without, bob, { fromSeq: 5, toSeq: 15 }).isComplete, true, "there is nothing to tell");
});

test("an account is always told what it said itself", () => {
  assert.deepEqual(toldTo(bob, knowing({ 30: joined }), [10, 40], bob), [10, 40]);
});

test("siblings, and the other of a direct chat, are told everything; it is not all while a gap is open", () => {
  const known = knowing({ 1: created, 20: removed(ada), 50: joined }, [{ fromSeq: 60, toSeq: 70, isOpen: true }]);
  assert.deepEqual(toldTo(ada, known, [10, 30, 65]), [10, 30, 65]);
  assert.equal(tellingOf(known, ada, whole).isComplete, false);
  assert.equal(tellingOf(known, ada, { fromSeq: 1, toSeq: 59 }).isComplete, true);
  assert.deepEqual(toldTo(bob, { ...known, isDirect: true }, [10, 30, 65]), [10, 30, 65]);
});
