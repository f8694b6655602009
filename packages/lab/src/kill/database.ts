import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../lab-error.ts";

const sqliteMagic = "SQLite format 3\0";

/** [K8] Whether every SQLite database below `directory` opens and is sound; what is wrong, as text. */
export async function databaseViolations(directory: string): Promise<string[]> {
  const violations: string[] = [];
  let count = 0;
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name);
    if (!(await isDatabase(path))) continue;
    count += 1;
    const verdict = integrityOf(path);
    if (verdict !== "ok") violations.push(`K8: ${name}: ${verdict}`);
  }
  return count === 0 ? ["K8: there is no database"] : violations;
}

async function isDatabase(path: string): Promise<boolean> {
  if (!(await stat(path)).isFile()) return false;
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(sqliteMagic.length), 0, sqliteMagic.length, 0);
    return buffer.toString("latin1") === sqliteMagic;
  } finally {
    await file.close();
  }
}

function integrityOf(path: string): string {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const rows = database.prepare("PRAGMA integrity_check").all();
      return rows.map((row) => String(Object.values(row)[0])).join("; ");
    } finally {
      database.close();
    }
  } catch (error) {
    // SQLite may refuse to open or to read a damaged file at all: that is the verdict, then.
    return messageOf(error);
  }
}
