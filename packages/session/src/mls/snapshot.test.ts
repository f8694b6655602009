import assert from "node:assert/strict";
import { test } from "node:test";
import { ascii } from "../bytes.ts";
import {
  agreement,
  at,
  classical,
  commitAll,
  groupOf,
  hex,
  hybrid,
  rejectsWith,
  testCrypto,
} from "../testing/testkit.ts";
import type { Group, GroupWrite } from "../types.ts";
import { openEntry } from "./open.ts";
import { encryptMessage, proposeLeave } from "./send.ts";
import { decodeGroup, encodeGroup } from "./snapshot.ts";

type Delta = Extract<GroupWrite, { kind: "delta" }>;

/** What a client's database holds of one group: the last snapshot and, per key, the last delta after it. */
class Stored {
  snapshot: Uint8Array;
  deltas = new Map<string, Uint8Array>();

  constructor(group: Group) {
    this.snapshot = encodeGroup(group).bytes;
  }

  write(writes: readonly GroupWrite[]): void {
    for (const write of writes) {
      if (write.kind === "snapshot") {
        this.snapshot = write.bytes;
        this.deltas.clear();
      } else this.deltas.set(write.key, write.bytes);
    }
  }

  rows(): Pick<Delta, "key" | "bytes">[] {
    return [...this.deltas].map(([key, bytes]) => ({ key, bytes }));
  }
}

const crypto = testCrypto("snapshot");

async function open(group: Group, entry: Uint8Array) {
  const opened = await openEntry(crypto, group, entry);
  assert.ok(opened.kind !== "detached");
  return opened;
}

for (const suite of [classical, hybrid] as const) {
  test(`[SN50] a group restored from its writes goes on exactly where it was (${suite})`, async () => {
    const { clients } = await groupOf(crypto, 3, { suite });
    const [alice, bob, carol] = clients;
    assert.ok(alice !== undefined && bob !== undefined && carol !== undefined);
    const stored = new Stored(bob.group);
    for (let round = 0; round < 12; round++) {
      if (round % 5 === 4) {
        const staged = await commitAll(crypto, [alice, carol], alice, {});
        const opened = await open(bob.group, staged.entry);
        stored.write(opened.writes);
        bob.group = opened.after;
      }
      const incoming = await encryptMessage(crypto, alice.group, ascii(`in ${round}`));
      alice.group = incoming.after;
      carol.group = (await open(carol.group, incoming.entry)).after;
      const received = await open(bob.group, incoming.entry);
      assert.ok(received.kind === "application");
      stored.write(received.writes);
      // Bob's program stops here, and starts again from what was written.
      bob.group = await decodeGroup(crypto, { snapshot: stored.snapshot, deltas: stored.rows() });
      assert.equal(agreement(bob.group), agreement(received.after));
      const outgoing = await encryptMessage(crypto, bob.group, ascii(`out ${round}`));
      stored.write(outgoing.writes);
      bob.group = outgoing.after;
      for (const client of [alice, carol]) {
        const opened = await open(client.group, outgoing.entry);
        assert.deepEqual(opened.kind === "application" && opened.payload, ascii(`out ${round}`));
        client.group = opened.after;
      }
    }
  });

  test(`[SN51] what a message writes is small, whatever the size of the group (${suite})`, async () => {
    const { clients } = await groupOf(crypto, suite === classical ? 20 : 8, { suite });
    const [alice, bob] = clients;
    assert.ok(alice !== undefined && bob !== undefined);
    const staged = await encryptMessage(crypto, alice.group, ascii("hello"));
    const opened = await open(bob.group, staged.entry);
    for (const write of [...staged.writes, ...opened.writes]) {
      assert.equal(write.kind, "delta");
      assert.ok(write.bytes.length < 200, `${write.bytes.length} bytes`);
    }
  });
}

test("[SN50] waiting proposals survive a restart", async () => {
  const { clients } = await groupOf(crypto, 3);
  const [alice, bob, carol] = clients;
  assert.ok(alice !== undefined && bob !== undefined && carol !== undefined);
  const stored = new Stored(bob.group);
  const [leave] = await proposeLeave(crypto, carol.group);
  assert.ok(leave !== undefined);
  carol.group = leave.after;
  stored.write((await open(bob.group, leave.entry)).writes);
  alice.group = (await open(alice.group, leave.entry)).after;
  bob.group = await decodeGroup(crypto, { snapshot: stored.snapshot, deltas: stored.rows() });
  assert.equal(bob.group.pendingRemovals.length, 1);
  await commitAll(crypto, [alice, carol], bob, {});
  assert.equal(carol.group.isActive, false);
  assert.equal(agreement(alice.group), agreement(bob.group));
});

test("[SN50] the leave of the first leaf survives a restart, though its index is zero", async () => {
  const { clients } = await groupOf(crypto, 3);
  const [alice, bob, carol] = clients;
  assert.ok(alice !== undefined && bob !== undefined && carol !== undefined);
  assert.equal(alice.group.self.leafIndex, 0);
  const stored = new Stored(bob.group);
  const [leave] = await proposeLeave(crypto, alice.group);
  assert.ok(leave !== undefined);
  alice.group = leave.after;
  stored.write((await open(bob.group, leave.entry)).writes);
  carol.group = (await open(carol.group, leave.entry)).after;
  bob.group = await decodeGroup(crypto, { snapshot: stored.snapshot, deltas: stored.rows() });
  assert.deepEqual(bob.group.pendingRemovals, [alice.group.self]);
  await commitAll(crypto, [alice, bob], carol, {});
  assert.equal(alice.group.isActive, false);
  assert.equal(agreement(bob.group), agreement(carol.group));
});

test("[SN52] deltas in any order never move a ratchet back", async () => {
  const { clients } = await groupOf(crypto, 2);
  const [alice, bob] = clients;
  assert.ok(alice !== undefined && bob !== undefined);
  const { bytes: snapshot } = encodeGroup(alice.group);
  const first = await encryptMessage(crypto, alice.group, ascii("1"));
  const second = await encryptMessage(crypto, first.after, ascii("2"));
  const deltas = [...second.writes, ...first.writes].filter((write): write is Delta => write.kind === "delta");
  alice.group = await decodeGroup(crypto, { snapshot, deltas });
  const third = await encryptMessage(crypto, alice.group, ascii("3"));
  for (const [staged, text] of [
    [first, "1"],
    [second, "2"],
    [third, "3"],
  ] as const) {
    const opened = await open(bob.group, staged.entry);
    assert.deepEqual(opened.kind === "application" && opened.payload, ascii(text));
    bob.group = opened.after;
  }
});

test("[SN53] a stale state that reads the log before it sends uses no key twice", async () => {
  const { clients } = await groupOf(crypto, 2);
  const [alice, bob] = clients;
  assert.ok(alice !== undefined && bob !== undefined);
  const { bytes: snapshot } = encodeGroup(alice.group);
  const sent = await encryptMessage(crypto, alice.group, ascii("before the loss"));
  await rejectsWith(openEntry(crypto, sent.after, sent.entry), "ERR_MLS_OWN");
  const stale = await decodeGroup(crypto, { snapshot, deltas: [] });
  const own = await open(stale, sent.entry);
  assert.deepEqual(own.kind === "application" && own.payload, ascii("before the loss"));
  const next = await encryptMessage(crypto, own.after, ascii("after the loss"));
  bob.group = (await open(bob.group, sent.entry)).after;
  const opened = await open(bob.group, next.entry);
  assert.deepEqual(opened.kind === "application" && opened.payload, ascii("after the loss"));
});

test("[SN53] a stale state that meets its own commit is told to rejoin", async () => {
  const { clients } = await groupOf(crypto, 2);
  const alice = at(clients, 0);
  const before = alice.group;
  const staged = await commitAll(crypto, clients, alice, {});
  await rejectsWith(openEntry(crypto, before, staged.entry), "ERR_MLS_STALE");
});

test("damaged or foreign writes are refused", async () => {
  const { clients } = await groupOf(crypto, 2);
  const alice = at(clients, 0);
  const { bytes: snapshot } = encodeGroup(alice.group);
  const sent = await encryptMessage(crypto, alice.group, ascii("x"));
  const deltas = sent.writes.filter((write): write is Delta => write.kind === "delta");
  await rejectsWith(decodeGroup(crypto, { snapshot: snapshot.subarray(0, -1), deltas: [] }), "ERR_MLS_MALFORMED");
  await rejectsWith(decodeGroup(crypto, { snapshot: new Uint8Array(), deltas: [] }), "ERR_MLS_MALFORMED");
  const cut = deltas.map((delta) => ({ ...delta, bytes: delta.bytes.subarray(0, -3) }));
  await rejectsWith(decodeGroup(crypto, { snapshot, deltas: cut }), "ERR_MLS_MALFORMED");
  await commitAll(crypto, clients, alice, {});
  const later = encodeGroup(alice.group).bytes;
  await rejectsWith(decodeGroup(crypto, { snapshot: later, deltas }), "ERR_MLS_MALFORMED");
  assert.notEqual(hex(later), hex(snapshot));
});
