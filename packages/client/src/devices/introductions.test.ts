import assert from "node:assert/strict";
import { test } from "node:test";
import { asId, fromHex } from "@rempart/protocol";
import { encodeCard } from "@rempart/session";
import { clientLimits } from "../limits.ts";
import { encodeJson } from "../remote/json.ts";
import { type Introduction, readIntroductions, recordsOf, withFewCards } from "./introductions.ts";

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const accountOf = (index: number) => index.toString(16).padStart(64, "0");

function cardOf(account: string): Uint8Array {
  return encodeCard({
    accountId: asId("AccountId", fromHex(account)),
    linkSecret: filled(16, 1),
    logId: asId("LogId", filled(16, 2)),
    writeKey: asId("Capability", filled(32, 3)),
    contactSealKeyHash: filled(32, 4),
  });
}

const crowd: readonly Introduction[] = Array.from({ length: 2_000 }, (_, index) => {
  const account = accountOf(index);
  return { account, name: "李".repeat(clientLimits.nameUnitsMax), card: cardOf(account) };
});

test("a record never holds more than its bytes, and all records together hold everybody once", () => {
  const records = recordsOf(crowd);
  for (const record of records) {
    assert.ok(Buffer.byteLength(encodeJson({ names: record })) < clientLimits.introductionsBytesMax + 100);
  }
  assert.deepEqual(records.flat(), crowd);
  assert.deepEqual(recordsOf([]), []);
});

test("a newcomer is told a few cards", () => {
  const told = withFewCards(crowd);
  assert.equal(told.filter(({ card }) => card !== undefined).length, clientLimits.cardsToldMax);
  assert.equal(told.length, crowd.length);
});

test("what is no introduction is passed over; a card of somebody else, or damaged, is not believed", () => {
  const [account, other] = [accountOf(1), accountOf(2)];
  const good = { account, name: "Ada", card: cardOf(account) };
  const list = [
    null,
    "Ada",
    { account: 1, name: "Ada" },
    { account: "nobody", name: "Ada" },
    { account },
    good,
    { ...good, card: cardOf(other) },
    { ...good, card: cardOf(account).subarray(1) },
    { ...good, card: "card" },
  ];
  const plain = { account, name: "Ada" };
  assert.deepEqual(readIntroductions(list), [good, plain, plain, plain]);
  assert.deepEqual(readIntroductions({ length: 3 }), []);
});
