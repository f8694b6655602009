import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { openSecrets, saveTicketKeys } from "./secrets.ts";
import { TicketKeys } from "./tls/ticket-keys.ts";

it("secrets are for their owner only, the same after a restart, and made anew when they are damaged", async () => {
  const directory = await mkdtemp(join(tmpdir(), "rempart-gate-"));
  try {
    const first = await openSecrets(directory);
    const again = await openSecrets(directory);
    assert.deepEqual(Buffer.from(again.secret), Buffer.from(first.secret));
    assert.deepEqual(again.ticketKeys.bytes, first.ticketKeys.bytes);
    const files = await readdir(directory);
    assert.equal(files.length, 2);
    for (const file of files) assert.equal((await stat(join(directory, file))).mode & 0o777, 0o600, file);

    const turned = TicketKeys.make(7);
    await saveTicketKeys(directory, turned);
    assert.deepEqual((await openSecrets(directory)).ticketKeys.bytes, turned.bytes);

    for (const file of files) await writeFile(join(directory, file), "damaged");
    const fresh = await openSecrets(directory);
    assert.equal(fresh.secret.length, 32);
    assert.deepEqual((await openSecrets(directory)).ticketKeys.bytes, fresh.ticketKeys.bytes);
  } finally {
    await rm(directory, { recursive: true });
  }
});

it("secrets that cannot be kept are an error", async () => {
  await assert.rejects(openSecrets("/dev/null/nowhere"), { code: "ENOTDIR" });
});
