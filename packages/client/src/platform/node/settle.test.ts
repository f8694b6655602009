import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientApi, ConnectionState } from "../../api.ts";
import { ClientError } from "../../errors.ts";
import { migrate } from "../../store/migrate.ts";
import { ReceiptTable } from "../../store/receipts.ts";
import { settle } from "./settle.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const waitMsMax = 60_000;

/** A store that owes one receipt, and a client that says how its connection is each time it is asked. */
function owing(connection: (asked: number) => ConnectionState) {
  const store = openSqliteStore(":memory:");
  migrate(store);
  const receipts = new ReceiptTable(store);
  receipts.owe({ message: "m", log: "l", state: "delivered" });
  let asked = 0;
  const client = { connection: async () => ({ state: connection(++asked) }) } as Partial<ClientApi> as ClientApi;
  return { store, receipts, client, asked: () => asked };
}

test("waits until nothing is owed any more", async () => {
  const { store, client, receipts, asked } = owing((n) => {
    if (n === 3) receipts.settle("m");
    return "online";
  });
  await settle(client, store, waitMsMax);
  assert.equal(asked(), 3);
});

test("does not wait without a connection, nor for a client that has failed", async () => {
  const offline = owing((n) => (n === 2 ? "offline" : "online"));
  await settle(offline.client, offline.store, waitMsMax);
  assert.equal(offline.asked(), 2);
  const failed = owing(() => {
    throw new ClientError("ERR_LOCAL_FULL", "full");
  });
  await settle(failed.client, failed.store, waitMsMax);
  assert.equal(failed.asked(), 1);
});

test("gives up when time is up", async () => {
  const { client, store, receipts } = owing(() => "online");
  await settle(client, store, 30);
  assert.deepEqual(receipts.logs(), ["l"]);
});
