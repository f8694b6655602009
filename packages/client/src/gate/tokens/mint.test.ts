import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import {
  decode,
  gateChallengeDigest,
  gateLimits,
  ProtocolError,
  tokenCodec,
  tokenInput,
  tokenKeyIdOf,
} from "@rempart/protocol";
import { ClientError } from "../../errors.ts";
import { deviceId, FakeIssuer, newDevice, server, today } from "./testing/fake-issuer.ts";

const issuer = await FakeIssuer.create();
after(() => issuer.rsa.close());
const modulus = issuer.keys[0]?.modulus ?? assert.fail();

beforeEach(() => {
  issuer.batches.length = 0;
  issuer.failure = undefined;
  issuer.spoil = (signatures) => signatures;
  issuer.keys = [{ day: today, modulus }];
  issuer.today = today;
});

const all = { server, fromDay: 0, countMax: 100, first: "oldest" } as const;

test("[GT32] a day's batch becomes as many tokens, each good for the gate's challenge, and is fetched once", async () => {
  const { tables, mint } = newDevice(issuer);
  assert.equal(await mint.mint(server, deviceId), "some");
  assert.equal(await mint.mint(server, deviceId), "none");
  assert.equal(issuer.batches.length, 1);
  assert.deepEqual(issuer.batches[0]?.deviceId, deviceId);
  const held = tables.tokens.take(all);
  assert.equal(held.length, gateLimits.tokensPerDay);
  for (const { token: bytes, day } of held) {
    const token = decode(tokenCodec, bytes);
    assert.deepEqual([token.challengeDigest, token.keyId, day], [gateChallengeDigest, tokenKeyIdOf(modulus), today]);
    assert.ok(issuer.rsa.verify({ modulus, message: tokenInput(token), signature: token.authenticator }));
  }
  assert.equal(new Set(held.map(({ token }) => token.join())).size, held.length);
});

test("[GT32] a lost answer costs nothing: the same batch is asked for again, after a restart too", async () => {
  const first = newDevice(issuer);
  issuer.failure = { error: new ClientError("ERR_TIMEOUT", "lost"), isAfter: true };
  await assert.rejects(first.mint.mint(server, deviceId), { code: "ERR_TIMEOUT" });
  assert.equal(first.tables.tokens.count(server, 0), 0);
  const second = newDevice(issuer, first.store);
  assert.equal(await second.mint.mint(server, deviceId), "some");
  assert.deepEqual(issuer.batches[1], issuer.batches[0]);
  assert.equal(second.tables.tokens.count(server, 0), gateLimits.tokensPerDay);
  assert.equal(second.tables.tokens.batch(), undefined);
});

test("a busy issuer is asked again with the same batch; one that had another batch is left for the day", async () => {
  const { tables, mint } = newDevice(issuer);
  issuer.failure = { error: new ProtocolError("ERR_BUSY", "siege", 60_000), isAfter: false };
  await assert.rejects(mint.mint(server, deviceId), { code: "ERR_BUSY" });
  issuer.failure = { error: new ProtocolError("ERR_QUOTA", "another"), isAfter: false };
  assert.equal(await mint.mint(server, deviceId), "none");
  assert.deepEqual(issuer.batches[1], issuer.batches[0]);
  assert.equal(tables.tokens.batch(), undefined);
  assert.equal(await mint.mint(server, deviceId), "none");
  assert.equal(issuer.batches.length, 2);
});

test("a batch that came too late is made anew", async () => {
  const { mint } = newDevice(issuer);
  issuer.failure = { error: new ProtocolError("ERR_EXPIRED", "midnight"), isAfter: false };
  await assert.rejects(mint.mint(server, deviceId), { code: "ERR_EXPIRED" });
  assert.equal(await mint.mint(server, deviceId), "some");
  assert.notDeepEqual(issuer.batches[1]?.blinded, issuer.batches[0]?.blinded);
});

test("[GT31] a key that differs from the one seen before for its day signs nothing", async () => {
  const { mint, tables } = newDevice(issuer);
  await mint.mint(server, deviceId);
  tables.meta.remove("tokensIssuedOn");
  const other = modulus.with(5, (modulus[5] ?? 0) ^ 1);
  issuer.keys = [{ day: today, modulus: other }];
  await assert.rejects(mint.mint(server, deviceId), { code: "ERR_TOKEN_KEY" });
  issuer.keys = [
    { day: today - 1, modulus: other },
    { day: today, modulus },
  ];
  assert.equal(await mint.mint(server, deviceId), "some");
  issuer.keys = [
    { day: today - 1, modulus },
    { day: today, modulus },
  ];
  await assert.rejects(mint.mint(server, deviceId), { code: "ERR_TOKEN_KEY" });
});

test("[GT31] no key for today, or two, signs nothing", async () => {
  const { mint } = newDevice(issuer);
  for (const keys of [
    [],
    [{ day: today + 1, modulus }],
    [
      { day: today, modulus },
      { day: today, modulus },
    ],
  ]) {
    issuer.keys = keys;
    await assert.rejects(mint.mint(server, deviceId), { code: "ERR_TOKEN_KEY" });
  }
  assert.equal(issuer.batches.length, 0);
});

test("[GT33] one wrong signature spoils the whole batch: none is kept, and the day is over", async () => {
  const { mint, tables } = newDevice(issuer);
  issuer.spoil = (signatures) => signatures.with(20 * 256 + 9, (signatures[20 * 256 + 9] ?? 0) ^ 1);
  await assert.rejects(mint.mint(server, deviceId), { code: "ERR_TOKEN_SIGNATURE" });
  assert.equal(tables.tokens.count(server, 0), 0);
  assert.equal(await mint.mint(server, deviceId), "none");
});

test("tokens and keys that nobody takes any more are forgotten", async () => {
  const { mint, tables } = newDevice(issuer);
  await mint.mint(server, deviceId);
  issuer.today = today + gateLimits.tokenDaysKept + 1;
  issuer.keys = [{ day: issuer.today, modulus }];
  assert.equal(await mint.mint(server, deviceId), "some");
  assert.equal(tables.tokens.count(server, 0), gateLimits.tokensPerDay);
  assert.equal(tables.tokens.keyOf(server, today), undefined);
});
