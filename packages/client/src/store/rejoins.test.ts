import assert from "node:assert/strict";
import { test } from "node:test";
import { asId } from "@rempart/protocol";
import { openSqliteStore } from "../platform/node/index.ts";
import { openTables } from "./index.ts";

const welcome = (log: string, helper: string) => ({ log, fromSeq: 1, chain: Uint8Array.of(1), helper });

test("of the Welcomes that strangers send, the latest are kept, and an account's are taken once it is none any more", () => {
  const { rejoins } = openTables(openSqliteStore(":memory:"));
  for (const log of ["aa", "bb", "cc"]) rejoins.noteStrangersWelcome(welcome(log, "cyd"), 2);
  assert.equal(rejoins.takeWelcome("aa"), undefined);
  rejoins.noteStrangersWelcome(welcome("dd", "dan"), 3);
  assert.deepEqual(rejoins.takeStrangersWelcomes("cyd"), [welcome("bb", "cyd"), welcome("cc", "cyd")]);
  assert.deepEqual(rejoins.takeStrangersWelcomes("cyd"), []);
  assert.deepEqual(rejoins.takeWelcome("dd"), welcome("dd", "dan"));
});

test("a Welcome back into a group that this device knows is no stranger's", () => {
  const { rejoins, logs } = openTables(openSqliteStore(":memory:"));
  const row = { log: "aa", kind: "group", state: "active", isCreated: true, nextSeq: 1, epoch: 0 } as const;
  const key = asId("Capability", new Uint8Array(32));
  logs.put({ ...row, chain: new Uint8Array(), readKey: key, writeKey: key });
  rejoins.noteWelcome(welcome("aa", "cyd"));
  rejoins.noteStrangersWelcome(welcome("bb", "dan"), 0);
  assert.deepEqual(rejoins.takeStrangersWelcomes("cyd"), []);
  assert.equal(rejoins.takeWelcome("bb"), undefined);
  assert.deepEqual(rejoins.takeWelcome("aa"), welcome("aa", "cyd"));
});
