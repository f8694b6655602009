import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openSqliteStore } from "../platform/node/index.ts";
import { openTables } from "./index.ts";
import { steps } from "./schema.ts";

const directory = mkdtempSync(join(tmpdir(), "rempart-migrate-"));
after(() => rmSync(directory, { recursive: true, force: true }));

test("a database of the first version keeps what is in it, and holds what later versions do", () => {
  const store = openSqliteStore(join(directory, "old.sqlite"));
  store.transaction(() => {
    const code = (steps[0] ?? "").replace(/^--.*$/gm, "");
    for (const statement of code.split(";").filter((part) => part.trim() !== "")) store.run(statement);
    store.run("INSERT INTO people (account, name) VALUES ('aa', 'Ada')");
    store.run("PRAGMA user_version = 1");
  });
  const { people, rejoins } = openTables(store);
  assert.equal(people.get("aa")?.name, "Ada");
  people.setReach("aa", Uint8Array.of(1, 2));
  assert.deepEqual(people.get("aa")?.reach, Uint8Array.of(1, 2));
  const welcome = { log: "bb", fromSeq: 7, chain: Uint8Array.of(3), helper: "aa" };
  rejoins.noteWelcome(welcome);
  assert.deepEqual(rejoins.takeWelcome("bb"), welcome);
  assert.equal(rejoins.takeWelcome("bb"), undefined);
  store.close();
});

test("a database of a newer version is left alone", () => {
  const store = openSqliteStore(join(directory, "new.sqlite"));
  store.run(`PRAGMA user_version = ${steps.length + 1}`);
  assert.throws(() => openTables(store), { code: "ERR_LOCAL_STORAGE" });
  store.close();
});
