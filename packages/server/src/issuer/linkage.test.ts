/**
 * Nothing that a server keeps, and nothing that it could compute, joins an account to the tokens that it redeems.
 * The account is marked where tokens are issued; then everything is searched for the mark.
 */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { authOf, decode, gateLimits, rsaBytes, toHex, tokenCodec } from "@rempart/protocol";
import { openTokenOffice, type TokenOffice } from "../platform/issuer.ts";
import { systemCrypto } from "../platform/node-ports.ts";
import { SqliteStore } from "../platform/sqlite-store/sqlite-store.ts";
import type { Store, TokenAsk } from "../ports.ts";
import { random } from "../testing/test-client.ts";
import { inverseOf, newBatch, numberOf, power } from "../testing/test-mint.ts";
import { TestClock } from "../testing/test-service.ts";

/** Shared by chance by two searches of this test with a probability below one in 10^9. */
const windowBytes = 8;

const directory = await mkdtemp(join(tmpdir(), "rempart-linkage-"));
const clock = new TestClock();
/** What each side of the server hands to the store, by the name of the operation. */
const handed: { name: string; ask: object }[] = [];
let store: SqliteStore;
let office: TokenOffice;

before(async () => {
  store = await SqliteStore.open({ file: join(directory, "store.sqlite") });
  const recorded: Store = {
    submit(name, ask) {
      handed.push({ name, ask });
      return store.submit(name, ask);
    },
    close: () => store.close(),
  };
  const report = (error: unknown) => assert.fail(String(error));
  office = await openTokenOffice({ store: recorded, clock, isQuiet: () => true, report });
  await office.tick();
});

after(async () => {
  await office.close();
  await store.close();
  await rm(directory, { recursive: true });
});

interface Marked {
  readonly ask: TokenAsk;
  readonly signatures: Uint8Array;
  readonly tokens: readonly Uint8Array[];
}

async function newMember(): Promise<Marked> {
  const [accountId, deviceId] = [random("AccountId"), random("DeviceId")];
  const inviteAuth = authOf(random("Capability"));
  const invite = { inviteAuth, revokeAuth: authOf(random("Capability")), uses: 1, role: "member" as const };
  await store.submit("inviteCreate", { ...invite, expiresAt: clock.now() + 1_000 });
  await store.submit("accountRegister", { accountId, inviteAuth, now: clock.now() });
  const lastResort = { digest: random("Auth"), bytes: new Uint8Array([1]) };
  await store.submit("keyPackagesPublish", { device: { accountId, deviceId, suite: 1 }, packages: [], lastResort });
  const { today, keys } = office.issuer.keys();
  const key = keys.find(({ day }) => day === today) ?? assert.fail();
  const batch = newBatch(key.modulus);
  const ask = { accountId, deviceId, day: today, blinded: batch.blinded };
  const signatures = await office.issuer.issue(ask);
  return { ask, signatures, tokens: batch.finish(signatures) };
}

const spentIdOf = (token: Uint8Array) => systemCrypto.sha256(token);

async function redeem(token: Uint8Array): Promise<number> {
  const checked = office.verifier.check(token, clock.now());
  assert.ok("expiresAt" in checked);
  assert.equal(await office.spent.spend(spentIdOf(token), checked.expiresAt), true);
  return checked.expiresAt;
}

/** Every byte that is on the disk: the database, its log, and whatever lies beside them. */
async function diskBytes(): Promise<Buffer> {
  const names = await readdir(directory);
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(directory, name)))));
}

function windowsOf(bytes: Uint8Array): Set<string> {
  const hex = toHex(bytes);
  const windows = new Set<string>();
  for (let at = 0; at + 2 * windowBytes <= hex.length; at += 2) windows.add(hex.slice(at, at + 2 * windowBytes));
  return windows;
}

function shares(one: Uint8Array, other: Uint8Array): boolean {
  const windows = windowsOf(one);
  return [...windowsOf(other)].some((window) => windows.has(window));
}

/** Every byte string in a value, however deep. */
function bytesIn(value: unknown): Uint8Array[] {
  if (value instanceof Uint8Array) return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(bytesIn);
}

/** The parts of a token that are its own; type, challenge and key are everybody's. */
function ownParts(token: Uint8Array): Uint8Array[] {
  const { nonce, authenticator } = decode(tokenCodec, token);
  return [nonce, authenticator];
}

describe("what is issued and what is redeemed", () => {
  it("[GT34] share no bytes: neither on the wire, nor in what is kept", async () => {
    const member = await newMember();
    const { accountId, deviceId, blinded } = member.ask;
    const issued = Buffer.concat([accountId, deviceId, blinded, member.signatures]);
    const diskAtIssue = await diskBytes();
    assert.ok(diskAtIssue.includes(accountId), "the search finds the account: it would find more");

    handed.length = 0;
    for (const token of member.tokens) await redeem(token);
    const disk = await diskBytes();

    for (const token of member.tokens) {
      for (const part of ownParts(token)) assert.ok(!shares(issued, part), "a token and what was signed for it");
      assert.ok(disk.includes(spentIdOf(token)), "the search finds what was spent");
      assert.ok(!diskAtIssue.includes(spentIdOf(token)), "what is spent was not there when it was issued");
    }
    const onDisk = windowsOf(disk);
    for (const part of [blinded, member.signatures, ...member.tokens.flatMap(ownParts)]) {
      for (const window of windowsOf(part)) assert.ok(!onDisk.has(window), "neither side's numbers are kept");
    }
    // All that the gate's half says to the store while tokens are redeemed.
    assert.deepEqual(new Set(handed.map(({ name }) => name)), new Set(["spend"]));
    for (const bytes of handed.flatMap(({ ask }) => bytesIn(ask))) {
      assert.ok(!shares(bytes, Buffer.concat([issued, systemCrypto.sha256(blinded)])));
    }
  });

  it("[GT34] two members' tokens end together, and their batches are of one size", async () => {
    const [ada, ben] = [await newMember(), await newMember()];
    const ends = await Promise.all([...ada.tokens.slice(0, 3), ...ben.tokens.slice(0, 3)].map(redeem));
    assert.equal(new Set(ends).size, 1);
    assert.equal(ada.tokens.length, ben.tokens.length);
    assert.equal(ada.tokens.length, gateLimits.tokensPerDay);
  });

  it("[GT34] fit each other in any pairing: who has every key and every number still cannot tell", async () => {
    const [ada, ben] = [await newMember(), await newMember()];
    const { today, keys } = office.issuer.keys();
    const n = numberOf(keys.find(({ day }) => day === today)?.modulus ?? assert.fail());
    for (const issue of [ada, ben]) {
      for (const redeemed of [ada, ben]) {
        const token = decode(tokenCodec, redeemed.tokens[5] ?? assert.fail());
        const signature = numberOf(token.authenticator);
        const blindSignature = numberOf(issue.signatures.subarray(9 * rsaBytes, 10 * rsaBytes));
        const blinded = numberOf(issue.ask.blinded.subarray(9 * rsaBytes, 10 * rsaBytes));
        // The one blind that would make this token out of that issue; it exists, for the wrong member's as well.
        const blind = (blindSignature * inverseOf(signature, n)) % n;
        const message = power(signature, 65_537n, n);
        assert.equal((message * power(blind, 65_537n, n)) % n, blinded);
      }
    }
  });
});
