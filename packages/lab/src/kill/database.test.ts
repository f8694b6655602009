import assert from "node:assert/strict";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { databaseViolations } from "./database.ts";

const directory = await mkdtemp(join(tmpdir(), "rempart-database-"));
after(() => rm(directory, { recursive: true }));

test("[K8] a sound database passes, a damaged one and a missing one do not", async () => {
  await writeFile(join(directory, "notes.txt"), "no database");
  assert.deepEqual(await databaseViolations(directory), ["K8: there is no database"]);

  const path = join(directory, "server.db");
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE entry (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
  const insert = database.prepare("INSERT INTO entry (bytes) VALUES (randomblob(400))");
  for (let i = 0; i < 200; i++) insert.run();
  database.close();
  assert.deepEqual(await databaseViolations(directory), []);

  const file = await open(path, "r+");
  await file.write(Buffer.alloc(2_000, 0xff), 0, 2_000, 4_096 * 3);
  await file.close();
  const [violation = ""] = await databaseViolations(directory);
  assert.match(violation, /^K8: server\.db: /);
});
