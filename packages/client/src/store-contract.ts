/**
 * What every {@link Store} promises, as cases that any test runner can run: `node:test` for the terminal's
 * store, a page in a real browser for the web app's. A case fails by throwing.
 */
import type { SqlValue, Store } from "./ports.ts";

/** Opens the same database again each time it is called; the caller empties it before a case. */
export type OpenStore = () => Promise<Store>;

export interface StoreCase {
  readonly name: string;
  run(open: OpenStore): Promise<void>;
}

function check(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`the store broke its promise: ${promise}`);
}

/** What `work` throws. Fails when it throws nothing. */
function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("the store broke its promise: this must fail");
}

const table = "CREATE TABLE item (id INTEGER PRIMARY KEY, value ANY UNIQUE) STRICT";

/** Opens the database with one empty table. */
async function withTable(open: OpenStore): Promise<Store> {
  const store = await open();
  store.run(table);
  return store;
}

const count = (store: Store): SqlValue | undefined => store.all("SELECT count(*) AS n FROM item")[0]?.n;

const values: readonly SqlValue[] = [
  null,
  0,
  -1.5,
  Number.MAX_SAFE_INTEGER,
  "",
  "naïve 你好 🏰",
  new Uint8Array(0),
  Uint8Array.of(0, 1, 255),
];

function isSame(a: SqlValue | undefined, b: SqlValue): boolean {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export const storeContract: readonly StoreCase[] = [
  {
    name: "[ST1] run answers how many rows it changed, and all returns every row",
    async run(open) {
      const store = await withTable(open);
      check(store.run("INSERT INTO item (value) VALUES (?), (?)", "a", "b") === 2, "two rows were added");
      check(store.run("DELETE FROM item WHERE value = ?", "none") === 0, "no row was deleted");
      const rows = store.all("SELECT value FROM item ORDER BY value");
      check(rows.length === 2 && rows[0]?.value === "a" && rows[1]?.value === "b", "both rows come back");
      store.close();
    },
  },
  {
    name: "[ST2] every value comes back as it went in",
    async run(open) {
      const store = await withTable(open);
      for (const [id, value] of values.entries()) store.run("INSERT INTO item VALUES (?, ?)", id, value);
      for (const [id, value] of values.entries()) {
        const back = store.all("SELECT value FROM item WHERE id = ?", id)[0]?.value;
        check(isSame(back, value), `value ${id} is unchanged`);
      }
      store.close();
    },
  },
  {
    name: "[ST3] bytes are copied on their way in and out",
    async run(open) {
      const store = await withTable(open);
      const bytes = Uint8Array.of(1, 2, 3);
      store.run("INSERT INTO item VALUES (1, ?)", bytes);
      bytes[0] = 9;
      const back = store.all("SELECT value FROM item")[0]?.value;
      check(isSame(back ?? null, Uint8Array.of(1, 2, 3)), "a later change of the caller's bytes is not stored");
      if (back instanceof Uint8Array) back[0] = 9;
      const again = store.all("SELECT value FROM item")[0]?.value;
      check(isSame(again ?? null, Uint8Array.of(1, 2, 3)), "a change of returned bytes is not stored");
      store.close();
    },
  },
  {
    name: "[ST4] a transaction returns what its work returns, and is there after closing and opening again",
    async run(open) {
      const store = await withTable(open);
      const result = store.transaction(() => store.run("INSERT INTO item VALUES (1, 'kept')"));
      check(result === 1, "the result of the work is handed through");
      store.close();
      const reopened = await open();
      check(count(reopened) === 1, "the row is still there");
      reopened.close();
    },
  },
  {
    name: "[ST5] a transaction whose work throws leaves nothing, and the store goes on",
    async run(open) {
      const store = await withTable(open);
      const reason = new Error("changed my mind");
      const thrown = failureOf(() =>
        store.transaction(() => {
          store.run("INSERT INTO item VALUES (1, 'gone')");
          throw reason;
        }),
      );
      check(thrown === reason, "the very error of the work is thrown");
      check(count(store) === 0, "nothing of it remains");
      store.transaction(() => store.run("INSERT INTO item VALUES (1, 'next')"));
      check(count(store) === 1, "the next transaction is unaffected");
      store.close();
    },
  },
  {
    name: "[ST6] a transaction inside a transaction is refused, and the outer one is undone",
    async run(open) {
      const store = await withTable(open);
      failureOf(() =>
        store.transaction(() => {
          store.run("INSERT INTO item VALUES (1, 'outer')");
          store.transaction(() => store.run("INSERT INTO item VALUES (2, 'inner')"));
        }),
      );
      check(count(store) === 0, "nothing of either remains");
      store.close();
    },
  },
  {
    name: "[ST7] a statement that fails changes nothing and does not end the transaction by itself",
    async run(open) {
      const store = await withTable(open);
      store.transaction(() => {
        store.run("INSERT INTO item VALUES (1, 'first')");
        failureOf(() => store.run("INSERT INTO item VALUES (2, 'second'), (3, 'first')"));
      });
      check(count(store) === 1, "only the first statement counts");
      store.close();
    },
  },
  {
    name: "[ST8] foreign keys are enforced",
    async run(open) {
      const store = await withTable(open);
      store.run("CREATE TABLE part (item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE) STRICT");
      failureOf(() => store.run("INSERT INTO part VALUES (7)"));
      store.run("INSERT INTO item VALUES (7, 'whole')");
      store.run("INSERT INTO part VALUES (7)");
      store.run("DELETE FROM item");
      check(store.all("SELECT * FROM part").length === 0, "deleting the whole deletes its parts");
      store.close();
    },
  },
  {
    name: "[ST9] user_version can be set in a transaction, and is undone with it",
    async run(open) {
      const store = await open();
      store.transaction(() => store.run("PRAGMA user_version = 3"));
      failureOf(() =>
        store.transaction(() => {
          store.run("PRAGMA user_version = 4");
          throw new Error("migration failed");
        }),
      );
      check(store.all("PRAGMA user_version")[0]?.user_version === 3, "the version is that of the last commit");
      store.close();
    },
  },
  {
    name: "[ST10] after closing every call fails, and closing again does nothing",
    async run(open) {
      const store = await withTable(open);
      store.close();
      store.close();
      failureOf(() => store.run("INSERT INTO item VALUES (1, 'late')"));
      failureOf(() => store.all("SELECT 1"));
      failureOf(() => store.transaction(() => undefined));
      const reopened = await open();
      check(count(reopened) === 0, "nothing was written");
      reopened.close();
    },
  },
];
