import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ClientEvent } from "../../api.ts";
import { ClientError } from "../../errors.ts";
import type { Store } from "../../ports.ts";
import { type Home, openHome } from "./home.ts";
import type { LocalClient } from "./home-link.ts";

/** A client whose account name is what `rename` stored, and whose `whenSynced` waits to be let go. */
class TestClient {
  readonly listeners = new Set<(event: ClientEvent) => void>();
  readonly synced = Promise.withResolvers<void>();
  readonly syncCalled = Promise.withResolvers<void>();
  readonly store: Store;
  closed = 0;

  constructor(store: Store) {
    this.store = store;
    store.run("CREATE TABLE IF NOT EXISTS call (what TEXT)");
  }

  asClient(): LocalClient {
    const api: Partial<LocalClient> = {
      rename: async (name) => void this.store.run("INSERT INTO call VALUES (?)", name),
      contactLink: async () => JSON.stringify(this.store.all("SELECT what FROM call").map((row) => row.what)),
      createGroup: async ({ name }) => {
        this.store.run("INSERT INTO call VALUES (?)", name);
        return { chat: name };
      },
      whenSynced: async () => {
        this.syncCalled.resolve();
        await this.synced.promise;
      },
      deleteChat: async () => {
        this.syncCalled.resolve();
        await this.synced.promise;
      },
      connection: async () => ({ state: "offline" }),
      subscribe: (listener) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
      close: () => void this.closed++,
    };
    return api as LocalClient;
  }

  emit(event: ClientEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

interface Fixture {
  readonly dir: string;
  open(): Promise<Home>;
  /** The clients started so far, one per leader. */
  readonly clients: TestClient[];
}

async function withHome(work: (fixture: Fixture) => Promise<void>): Promise<void> {
  const dir = join(mkdtempSync(join(tmpdir(), "rempart-home-")), "home");
  const clients: TestClient[] = [];
  const homes: Home[] = [];
  const openClient = async (store: Store) => {
    const client = new TestClient(store);
    clients.push(client);
    return client.asClient();
  };
  const open = async () => {
    const home = await openHome({ dir, openClient, waitMsMax: 2_000 });
    homes.push(home);
    return home;
  };
  try {
    await work({ dir, open, clients });
  } finally {
    for (const client of clients) client.synced.resolve();
    for (const home of homes) await home.close();
    rmSync(join(dir, ".."), { recursive: true });
  }
}

test("the first process leads, the others go through it, and one of them leads after it", () =>
  withHome(async ({ open, clients }) => {
    const [first, second, third] = [await open(), await open(), await open()];
    assert.deepEqual([first.isLeader(), second.isLeader(), third.isLeader()], [true, false, false]);
    await second.client.rename("two");
    assert.equal(await third.client.contactLink(), '["two"]');
    await first.close();
    await second.client.rename("three");
    assert.equal(await third.client.contactLink(), '["two","three"]');
    assert.equal(clients.length, 2);
    assert.equal(clients[0]?.closed, 1);
  }));

test("many that start at once agree on one leader", () =>
  withHome(async ({ open, clients }) => {
    const homes = await Promise.all(Array.from({ length: 8 }, () => open()));
    assert.equal(homes.filter((home) => home.isLeader()).length, 1);
    await Promise.all(homes.map((home, i) => home.client.rename(String(i))));
    assert.equal(JSON.parse((await homes[7]?.client.contactLink()) ?? "").length, 8);
    assert.equal(clients.length, 1);
  }));

test("a leader that ends finishes the calls it has begun, and calls it did not begin go to the next", () =>
  withHome(async ({ open, clients }) => {
    const [first, second] = [await open(), await open()];
    const begun = second.client.deleteChat("x");
    await clients[0]?.syncCalled.promise;
    const closing = first.close();
    const late = second.client.createGroup({ name: "late", contacts: [] });
    clients[0]?.synced.resolve();
    await Promise.all([begun, closing]);
    assert.deepEqual(await late, { chat: "late" });
    assert.equal(await second.client.contactLink(), '["late"]');
    assert.ok(second.isLeader());
  }));

test("subscriptions survive a change of leader, and the watcher hears of it", () =>
  withHome(async ({ open, clients }) => {
    const [first, second] = [await open(), await open()];
    const events: string[] = [];
    const [heard, relinked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    second.watch({ relinked: relinked.resolve, failed: relinked.reject });
    second.client.subscribe((event) => {
      events.push(event.event);
      heard.resolve();
    });
    await second.client.contactLink();
    clients[0]?.emit({ event: "chats" });
    await heard.promise;
    await first.close();
    await relinked.promise;
    clients[1]?.emit({ event: "contacts" });
    assert.deepEqual(events, ["chats", "contacts"]);
  }));

test("the home is for its owner only, and other people's directories are refused", () =>
  withHome(async ({ dir, open }) => {
    await open();
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    const other = join(dir, "..", "other");
    mkdirSync(other);
    writeFileSync(join(other, "letter.txt"), "hello");
    const opening = openHome({ dir: other, openClient: () => Promise.reject(new Error("not reached")) });
    await assert.rejects(opening, (error) => error instanceof ClientError && error.code === "ERR_ARGUMENT");
  }));

test("a home whose name is too long for a socket is led from elsewhere, and leaves nothing there", async () => {
  const base = mkdtempSync(join(tmpdir(), "rempart-long-"));
  const dir = join(base, "x".repeat(120));
  const openClient = async (store: Store) => new TestClient(store).asClient();
  const [first, second] = [await openHome({ dir, openClient }), await openHome({ dir, openClient })];
  assert.ok(first.isLeader() && !second.isLeader());
  const socket = readFileSync(join(dir, "agent"), "utf8");
  assert.equal(statSync(dirname(socket)).mode & 0o777, 0o700);
  await second.close();
  await first.close();
  assert.ok(!existsSync(dirname(socket)));
  rmSync(base, { recursive: true });
});

test("a client that cannot start gives the home free again", () =>
  withHome(async ({ dir, open }) => {
    const failing = openHome({ dir, openClient: () => Promise.reject(new ClientError("ERR_INTERNAL", "no")) });
    await assert.rejects(failing, (error) => error instanceof ClientError && error.code === "ERR_INTERNAL");
    assert.ok((await open()).isLeader());
  }));

test("a leader killed in the middle: what may be repeated is, what may not says so, the next one leads", () =>
  withHome(async ({ dir, open }) => {
    const child = await startLeader(dir);
    const follower = await open();
    assert.ok(!follower.isLeader());
    const repeatable = follower.client.whenSynced();
    const once = follower.client.deleteChat("x");
    const settled = Promise.allSettled([once]);
    await follower.client.contactLink();
    await kill(child);
    const [outcome] = await settled;
    assert.ok(outcome?.status === "rejected" && outcome.reason instanceof ClientError);
    assert.equal(outcome.reason.code, "ERR_CLOSED");
    await follower.client.createGroup({ name: "after", contacts: [] });
    assert.ok(follower.isLeader());
    // The new leader is this process's own test client, which is let go when the test ends.
    void repeatable;
  }));

/** A process of its own that leads the home until it is killed. */
async function startLeader(dir: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("./home-leader.fixture.ts", import.meta.url)), [dir], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  await once(child, "message");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
