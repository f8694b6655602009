import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { asId, authOf, type Entry, fromHex, toHex } from "@rempart/protocol";
import { connectOver, random, TestAccount, type TestClient } from "../testing/test-client.ts";
import { TestLog } from "../testing/test-service.ts";
import { startServer } from "./server.ts";

const roundCount = 4;
const writerCount = 4;
const pipelineDepth = 8;

interface Child {
  readonly process: ChildProcess;
  readonly url: string;
  readonly invite: string | null;
}

async function startChild(dataDir: string): Promise<Child> {
  const script = fileURLToPath(new URL("./child-server.ts", import.meta.url));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { process: child, ...(JSON.parse(line) as { url: string; invite: string | null }) };
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** What one writer knows: the entry ids it has sent, in order, and the numbers that were acknowledged. */
interface Written {
  readonly log: TestLog;
  readonly acknowledged: Map<string, number>;
  /** Sent, and not acknowledged when the server died: sent again with the same id. */
  unsure: string[];
}

/** Appends, a few at a time, until the connection dies. */
async function writeUntilDeath(client: TestClient, written: Written, onAcknowledged: () => void): Promise<void> {
  const appendOne = async (name: string) => {
    written.unsure.push(name);
    const { seq } = await written.log.append(client, { entryId: asId("EntryId", fromHex(name)), size: 400 });
    assert.equal(written.acknowledged.get(name) ?? seq, seq);
    written.acknowledged.set(name, seq);
    written.unsure = written.unsure.filter((each) => each !== name);
    onAcknowledged();
  };
  const again = written.unsure;
  written.unsure = [];
  const worker = async () => {
    for (;;) await appendOne(again.shift() ?? toHex(random("EntryId")));
  };
  await Promise.allSettled(Array.from({ length: pipelineDepth }, worker));
  written.unsure.push(...again);
}

async function readAll(client: TestClient, { logId, readKey }: TestLog): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (;;) {
    const fromSeq = entries.length + 1;
    const page = await client.request("read", { logId, readKey, fromSeq, limit: 256 });
    entries.push(...page.entries);
    if (entries.length >= page.headSeq) return entries;
  }
}

async function check(client: TestClient, { log, acknowledged }: Written): Promise<void> {
  const entries = await readAll(client, log);
  const seqs = new Map(entries.map(({ entryId, seq }) => [toHex(entryId), seq]));
  assert.equal(seqs.size, entries.length, "an entry is there twice");
  assert.ok(
    entries.every(({ seq }, index) => seq === index + 1),
    "a number is missing",
  );
  for (const [name, seq] of acknowledged)
    assert.equal(seqs.get(name), seq, "an acknowledged entry is not where it was");
}

describe("[LG16] kill -9 under load", () => {
  it("loses, doubles and moves nothing that was acknowledged", async (test) => {
    const dataDir = await mkdtemp(join(tmpdir(), "rempart-crash-"));
    const account = new TestAccount();
    const everything: Written[] = [];
    const children: ChildProcess[] = [];
    const start = async () => {
      const child = await startChild(dataDir);
      children.push(child.process);
      return child;
    };
    try {
      for (let round = 0; round < roundCount; round++) {
        const child = await start();
        const first = await connectOver(child.url);
        if (child.invite !== null) await account.register(first, asId("InviteSecret", fromHex(child.invite)));
        else await account.authenticate(first);
        for (const written of everything) await check(first, written);
        while (everything.length < writerCount) {
          everything.push({ log: await TestLog.create(first), acknowledged: new Map(), unsure: [] });
        }
        const killAfter = randomInt(20, 800);
        test.diagnostic(`round ${round}: killed after ${killAfter} acknowledgements`);
        let count = 0;
        const onAcknowledged = () => {
          count += 1;
          if (count === killAfter) child.process.kill("SIGKILL");
        };
        const writing = everything.map(async (written) =>
          writeUntilDeath(await connectOver(child.url), written, onAcknowledged),
        );
        await Promise.all([...writing, once(child.process, "exit")]);
        assert.ok(count >= killAfter);
      }
      const last = await start();
      const client = await connectOver(last.url);
      for (const written of everything) await check(client, written);
      client.end();
    } finally {
      await Promise.all(children.filter(isRunning).map(end));
      await rm(dataDir, { recursive: true });
    }
  });
});

describe("what the data directory holds", () => {
  it("[LG17] no secret in the clear, and nothing that joins an account with a log", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "rempart-secrets-"));
    try {
      const server = await startServer({ dataDir, listen: { host: "127.0.0.1", port: 0 } });
      const client = await connectOver(server.url);
      const account = new TestAccount();
      assert.ok(server.firstInvite !== undefined);
      await account.register(client, server.firstInvite);
      const [inviteSecret, revokeKey, claimKey] = [random("InviteSecret"), random("Capability"), random("Capability")];
      const expiresAt = Date.now() + 60_000;
      const invite = {
        inviteAuth: authOf(inviteSecret),
        revokeAuth: authOf(revokeKey),
        uses: 2,
        expiresAt,
        role: "member" as const,
      };
      await client.request("inviteCreate", invite);
      await client.request("claimAuthsPut", { auths: [authOf(claimKey)] });
      const log = await TestLog.create(client);
      await log.append(client);
      const { old } = await log.rotate(client, 0);
      await log.append(client);
      await log.subscribe(client);
      const blob = { blobId: random("BlobId"), readKey: random("Capability"), writeKey: random("Capability") };
      const { blobId, readKey, writeKey } = blob;
      const auths = { readAuth: authOf(readKey), writeAuth: authOf(writeKey) };
      await client.request("blobCreate", { blobId, ...auths, size: 5_000, retentionSeconds: 0 });
      await client.request("blobWrite", { blobId, writeKey, offset: 0, bytes: new Uint8Array(5_000) });

      const holds = async (secret: Uint8Array) => {
        const files = await Promise.all((await readdir(dataDir)).map((name) => readFile(join(dataDir, name))));
        return files.some((content) => content.includes(secret));
      };
      const secrets = [
        server.firstInvite,
        inviteSecret,
        revokeKey,
        claimKey,
        log.readKey,
        log.writeKey,
        old.readKey,
        old.writeKey,
        readKey,
        writeKey,
      ];
      for (const secret of secrets) assert.equal(await holds(secret), false);
      // The search would have found them: what may be there is there.
      for (const kept of [account.accountId, log.logId, authOf(claimKey), authOf(log.readKey), authOf(old.readKey)]) {
        assert.equal(await holds(kept), true);
      }
      client.end();
      await server.stop();

      const database = new DatabaseSync(join(dataDir, "rempart.sqlite"), { readOnly: true });
      const valuesOf = (tables: string[]) => new Set(tables.flatMap((table) => identifyingValues(database, table)));
      const ofAccounts = valuesOf(["account", "claim_auth", "key_package", "last_resort", "invite"]);
      const ofContent = valuesOf(["log", "log_epoch", "entry", "blob", "blob_chunk"]);
      assert.ok(ofAccounts.has(toHex(account.accountId)) && ofContent.has(toHex(log.logId)));
      assert.deepEqual(
        [...ofAccounts].filter((value) => ofContent.has(value)),
        [],
      );
      database.close();
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});

/** Every value that could name something: bytes, and numbers that are no small counts. */
function identifyingValues(database: DatabaseSync, table: string): string[] {
  const rows = database.prepare(`SELECT * FROM ${table}`).all();
  return rows.flatMap((row) =>
    Object.values(row).flatMap((value) => {
      if (value instanceof Uint8Array) return [toHex(value)];
      return typeof value === "number" && value > 1_000 ? [String(value)] : [];
    }),
  );
}
