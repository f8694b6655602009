import assert from "node:assert/strict";
import { test } from "node:test";
import { asId, type Entry } from "@rempart/protocol";
import { Random } from "../random.ts";
import { bodyOf } from "./body.ts";
import { Ledger, type Sent } from "./ledger.ts";

const random = new Random(1);

function sentBy(ledger: Ledger, writer: number, counter: number): Sent {
  const sent: Sent = { entryId: asId("EntryId", random.bytes(16)), writer, counter };
  ledger.send(sent);
  return sent;
}

function stored({ entryId }: Sent, seq: number, receivedAt = seq): Entry {
  return { seq, receivedAt, entryId, bytes: bodyOf(entryId) };
}

function rulesOf(ledger: Ledger): string[] {
  return ledger.violations.map((violation) => violation.slice(0, 2));
}

/** Three entries of one connection, the first two acknowledged; the log as it should be. */
function healthy(): { ledger: Ledger; first: Sent; second: Sent; third: Sent } {
  const ledger = new Ledger();
  const [first, second, third] = [sentBy(ledger, 0, 0), sentBy(ledger, 0, 1), sentBy(ledger, 0, 2)];
  ledger.acknowledge(first, 1);
  ledger.acknowledge(second, 2);
  return { ledger, first, second, third };
}

test("a log that keeps every promise has no violations, with or without what was in doubt", () => {
  for (const isThirdStored of [true, false]) {
    const { ledger, first, second, third } = healthy();
    ledger.check(stored(first, 1));
    ledger.check(stored(second, 2));
    if (isThirdStored) ledger.check(stored(third, 3));
    ledger.finish();
    assert.deepEqual(ledger.violations, []);
    assert.deepEqual(ledger.unacknowledged, [third]);
    assert.equal(ledger.acknowledgedCount, 2);
  }
});

test("[K1] a lost entry and a moved one are noticed", () => {
  const lost = healthy();
  lost.ledger.check(stored(lost.first, 1));
  lost.ledger.finish();
  assert.deepEqual(rulesOf(lost.ledger), ["K1"]);

  const moved = healthy();
  moved.ledger.check(stored(moved.first, 1));
  moved.ledger.check(stored(sentBy(moved.ledger, 1, 0), 2));
  moved.ledger.check(stored(moved.second, 3));
  moved.ledger.finish();
  assert.deepEqual(rulesOf(moved.ledger), ["K1"]);
});

test("[K2] a doubled entry is noticed", () => {
  const { ledger, first, second } = healthy();
  for (const [sent, seq] of [[first, 1] as const, [second, 2] as const, [second, 3] as const])
    ledger.check(stored(sent, seq));
  assert.deepEqual(rulesOf(ledger), ["K2"]);
});

test("[K3] a gap and a clock that runs back are noticed", () => {
  const { ledger, first, second, third } = healthy();
  ledger.check(stored(first, 1, 100));
  ledger.check(stored(second, 2, 99));
  ledger.check(stored(third, 4, 100));
  assert.deepEqual(rulesOf(ledger), ["K3", "K3"]);
});

test("[K4] two entries of one connection that changed places are noticed", () => {
  const { ledger, first, second } = healthy();
  ledger.check(stored(second, 1));
  ledger.check(stored(first, 2));
  ledger.finish();
  assert.deepEqual(rulesOf(ledger), ["K4", "K1", "K1"]);
});

test("[K5] an entry that nobody sent, pushed or stored, and changed bytes are noticed", () => {
  const { ledger, first } = healthy();
  const stranger: Sent = { entryId: asId("EntryId", random.bytes(16)), writer: 9, counter: 0 };
  ledger.seeLive(stored(stranger, 7));
  const bytes = bodyOf(first.entryId);
  bytes[399] = (bytes[399] ?? 0) ^ 1;
  ledger.check({ ...stored(first, 1), bytes });
  ledger.check(stored(stranger, 2));
  assert.deepEqual(rulesOf(ledger), ["K5", "K5", "K5"]);
});

test("[K6] an entry that a subscriber saw and that is gone is noticed", () => {
  const { ledger, first, second, third } = healthy();
  ledger.seeLive(stored(third, 3));
  ledger.check(stored(first, 1));
  ledger.check(stored(second, 2));
  ledger.finish();
  assert.deepEqual(rulesOf(ledger), ["K6"]);
});

test("[K7] a retry that gets another seq than the entry has is noticed", () => {
  const { ledger, first, second, third } = healthy();
  for (const [sent, seq] of [[first, 1] as const, [second, 2] as const, [third, 3] as const])
    ledger.check(stored(sent, seq));
  ledger.acknowledge(third, 4);
  assert.deepEqual(rulesOf(ledger), ["K7"]);
});

test("after a restart the whole log is compared again", () => {
  const { ledger, first, second } = healthy();
  for (let pass = 0; pass < 2; pass++) {
    ledger.check(stored(first, 1));
    ledger.check(stored(second, 2));
    ledger.finish();
    assert.deepEqual(ledger.violations, []);
    ledger.restart();
  }
  ledger.check(stored(first, 1));
  ledger.finish();
  assert.deepEqual(rulesOf(ledger), ["K1"]);
});
