import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { authOf, type ErrorCode, gateLimits, ProtocolError, rsaBytes, tokenDayOf } from "@rempart/protocol";
import { NodeTokenRsa } from "../platform/issuer-rsa.ts";
import { MemoryStore, type StoreFault } from "../platform/memory-store.ts";
import { systemCrypto } from "../platform/node-ports.ts";
import { random } from "../testing/test-client.ts";
import { newBatch } from "../testing/test-mint.ts";
import { TestClock } from "../testing/test-service.ts";
import { Issuer } from "./issuer.ts";
import { KeyRing } from "./key-ring.ts";
import { RsaTokenVerifier } from "./token-verifier.ts";

const dayMs = 86_400_000;
const rsa = new NodeTokenRsa();
after(() => rsa.close());

/** Two real keys are enough for all tests: making one takes a tenth of a second. */
const keys = await Promise.all([rsa.generate(), rsa.generate(), rsa.generate()]);
let nextKey = 0;
const thriftyRsa = {
  generate: async () => keys[nextKey++ % keys.length] ?? assert.fail(),
  sign: rsa.sign.bind(rsa),
  verify: rsa.verify.bind(rsa),
  close: async () => undefined,
};

async function newWorld({ isQuiet = (): boolean => true, limits = {} } = {}) {
  let fault: StoreFault = "none";
  const reports: unknown[] = [];
  const clock = new TestClock();
  const store = new MemoryStore({ faultOf: () => fault });
  const keyRing = new KeyRing({ store, clock, rsa: thriftyRsa, report: (error) => reports.push(error) });
  await keyRing.load();
  const issuer = new Issuer({ store, crypto: systemCrypto, rsa: thriftyRsa, keyRing, isQuiet, limits });
  const verifier = new RsaTokenVerifier({ keyRing, rsa: thriftyRsa });
  const device = { accountId: random("AccountId"), deviceId: random("DeviceId") };
  await enter(store, device);
  return { clock, store, keyRing, issuer, verifier, device, reports, fail: (next: StoreFault) => (fault = next) };
}

type Names = { accountId: ReturnType<typeof random<"AccountId">>; deviceId: ReturnType<typeof random<"DeviceId">> };

async function enter(store: MemoryStore, { accountId, deviceId }: Names): Promise<void> {
  const inviteAuth = authOf(random("Capability"));
  await store.submit("inviteFirst", { inviteAuth, expiresAt: Number.MAX_SAFE_INTEGER });
  await store.submit("accountRegister", { accountId, inviteAuth, now: 0 });
  const lastResort = { digest: random("Auth"), bytes: new Uint8Array([1]) };
  await store.submit("keyPackagesPublish", { device: { accountId, deviceId, suite: 1 }, packages: [], lastResort });
}

const refused = (code: ErrorCode) => (error: unknown) => error instanceof ProtocolError && error.code === code;

function todaysModulus({ issuer }: Pick<Awaited<ReturnType<typeof newWorld>>, "issuer">): Uint8Array {
  const { today, keys: list } = issuer.keys();
  return list.find(({ day }) => day === today)?.modulus ?? assert.fail("no key for today");
}

describe("the key ring", () => {
  it("[GT31] makes the keys of today and tomorrow, and the same after a restart", async () => {
    const { clock, store, keyRing } = await newWorld();
    assert.deepEqual(keyRing.published(), []);
    await keyRing.tick();
    const today = tokenDayOf(clock.now());
    assert.deepEqual(
      keyRing.published().map(({ day }) => day),
      [today, today + 1],
    );
    const again = new KeyRing({ store, clock, rsa: thriftyRsa, report: (error) => assert.fail(String(error)) });
    await again.load();
    await again.tick();
    assert.deepEqual(again.published(), keyRing.published());
  });

  it("[GT31] publishes a key the day before, and as long as its tokens are taken", async () => {
    const { clock, keyRing } = await newWorld();
    const first = tokenDayOf(clock.now());
    for (let i = 0; i <= gateLimits.tokenDaysKept + 1; i++, clock.time += dayMs) await keyRing.tick();
    clock.time -= dayMs;
    const days = keyRing.published().map(({ day }) => day - first);
    assert.deepEqual(days, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("goes on with the keys it has when the clock is set an hour back over midnight, or forth and back", async () => {
    const { clock, keyRing } = await newWorld();
    clock.time = (tokenDayOf(clock.time) + 1) * dayMs - 60_000;
    await keyRing.tick();
    const before = keyRing.published();
    clock.time += 3_600_000;
    await keyRing.tick();
    assert.equal(keyRing.published().length, 3);
    clock.time -= 3_600_000;
    await keyRing.tick();
    assert.deepEqual(keyRing.published(), before);
    assert.notEqual(keyRing.signingKey(keyRing.today), undefined);
  });

  it("reports a store that fails, keeps the key it made, and shows it once it is stored", async () => {
    const { keyRing, reports, fail } = await newWorld();
    const made = nextKey;
    fail("fail-and-not-persist");
    await keyRing.tick();
    await keyRing.tick();
    assert.equal(reports.length, 2);
    assert.deepEqual(keyRing.published(), []);
    fail("none");
    await keyRing.tick();
    assert.equal(keyRing.published().length, 2);
    assert.equal(nextKey - made, 2);
  });
});

describe("the issuer", () => {
  it("[GT32] signs a batch that makes good tokens, and the same batch alike", async () => {
    const world = await newWorld();
    await world.keyRing.tick();
    const { issuer, verifier, device, clock } = world;
    const batch = newBatch(todaysModulus(world));
    const ask = { ...device, day: issuer.keys().today, blinded: batch.blinded };
    const signatures = await issuer.issue(ask);
    assert.deepEqual(await issuer.issue(ask), signatures);
    const tokens = batch.finish(signatures);
    const expiresAt = (ask.day + 1 + gateLimits.tokenDaysKept) * dayMs;
    assert.equal(tokens.length, gateLimits.tokensPerDay);
    for (const token of tokens) assert.deepEqual(verifier.check(token, clock.now()), { expiresAt });
    const other = { ...ask, blinded: newBatch(todaysModulus(world)).blinded };
    await assert.rejects(issuer.issue(other), refused("ERR_QUOTA"));
  });

  it("[GT32] answers a batch of yesterday again, and signs nothing new with that key", async () => {
    const world = await newWorld();
    await world.keyRing.tick();
    const { issuer, device, clock, keyRing } = world;
    const ask = { ...device, day: issuer.keys().today, blinded: newBatch(todaysModulus(world)).blinded };
    const signatures = await issuer.issue(ask);
    clock.time += dayMs;
    await keyRing.tick();
    assert.deepEqual(await issuer.issue(ask), signatures);
    const blinded = ask.blinded.slice().fill(1);
    await assert.rejects(issuer.issue({ ...ask, deviceId: random("DeviceId"), blinded }), refused("ERR_EXPIRED"));
    clock.time += dayMs;
    await keyRing.tick();
    await assert.rejects(issuer.issue(ask), refused("ERR_EXPIRED"));
  });

  it("[GT30] is busy unless it is quiet, and while the key of today is being made", async () => {
    let isQuiet = true;
    const { issuer, device, keyRing } = await newWorld({ isQuiet: () => isQuiet });
    const ask = { ...device, day: keyRing.today, blinded: new Uint8Array(32 * rsaBytes) };
    await assert.rejects(issuer.issue(ask), refused("ERR_BUSY"));
    assert.throws(() => issuer.keys(), refused("ERR_BUSY"));
    await keyRing.tick();
    assert.equal(issuer.keys().keys.length, 2);
    isQuiet = false;
    await assert.rejects(
      issuer.issue(ask),
      (error) => refused("ERR_BUSY")(error) && (error as ProtocolError).retryAfterMs > 0,
    );
  });

  it("[GT32] grants nothing for numbers that are not below the modulus", async () => {
    const world = await newWorld();
    await world.keyRing.tick();
    const modulus = todaysModulus(world);
    const ask = { ...world.device, day: world.keyRing.today };
    for (const bad of [modulus, new Uint8Array(rsaBytes).fill(0xff)]) {
      const { blinded } = newBatch(modulus);
      blinded.set(bad, 31 * rsaBytes);
      await assert.rejects(world.issuer.issue({ ...ask, blinded }), refused("ERR_MALFORMED"));
    }
    await world.issuer.issue({ ...ask, blinded: newBatch(modulus).blinded });
  });

  it("lets only so many wait for signatures", async () => {
    const world = await newWorld({ limits: { tokenBatchesWaitingMax: 1 } });
    await world.keyRing.tick();
    const ask = { ...world.device, day: world.keyRing.today, blinded: newBatch(todaysModulus(world)).blinded };
    const first = world.issuer.issue(ask);
    await assert.rejects(world.issuer.issue(ask), refused("ERR_BUSY"));
    assert.equal((await first).length, 32 * rsaBytes);
    assert.deepEqual(await world.issuer.issue(ask), await first);
  });

  it("signs nothing when the grant could not be kept", async () => {
    const world = await newWorld();
    await world.keyRing.tick();
    const ask = { ...world.device, day: world.keyRing.today, blinded: newBatch(todaysModulus(world)).blinded };
    world.fail("fail-but-persist");
    await assert.rejects(world.issuer.issue(ask), refused("ERR_STORAGE"));
    world.fail("none");
    assert.equal((await world.issuer.issue(ask)).length, 32 * rsaBytes);
  });
});

describe("the token verifier", () => {
  it("[GT33] tells forged, expired and foreign tokens apart", async () => {
    const world = await newWorld();
    await world.keyRing.tick();
    const { issuer, verifier, device, clock, keyRing } = world;
    const batch = newBatch(todaysModulus(world));
    const day = keyRing.today;
    const [token = assert.fail()] = batch.finish(await issuer.issue({ ...device, day, blinded: batch.blinded }));
    const now = clock.now();
    for (let at = 0; at < token.length; at += 7) {
      const changed = token.with(at, (token[at] ?? 0) ^ 1);
      const isInKeyId = at >= 66 && at < 98;
      assert.deepEqual(verifier.check(changed, now), { fault: isInKeyId ? "unknown-key" : "forged" }, `byte ${at}`);
    }
    for (const wrong of [new Uint8Array(0), token.subarray(1), new Uint8Array(token.length)]) {
      assert.deepEqual(verifier.check(wrong, now), { fault: "forged" });
    }
    const end = (day + 1 + gateLimits.tokenDaysKept) * dayMs;
    assert.deepEqual(verifier.check(token, end - 1), { expiresAt: end });
    assert.deepEqual(verifier.check(token, end), { fault: "expired" });
    const stranger = await newWorld();
    await stranger.keyRing.load();
    assert.deepEqual(stranger.verifier.check(token, now), { fault: "unknown-key" });
  });

  it("[GT33] takes no token for another challenge, though its signature is good", async () => {
    const { keyRing, verifier, clock } = await newWorld();
    await keyRing.tick();
    const { modulus, privateKey } = keyRing.signingKey(keyRing.today) ?? assert.fail();
    const batch = newBatch(modulus, { count: 1, challengeDigest: new Uint8Array(32).fill(9) });
    const [token = assert.fail()] = batch.finish(await rsa.sign(privateKey, batch.blinded));
    assert.deepEqual(verifier.check(token, clock.now()), { fault: "forged" });
    const own = newBatch(modulus, { count: 1 });
    const [good = assert.fail()] = own.finish(await rsa.sign(privateKey, own.blinded));
    assert.ok("expiresAt" in verifier.check(good, clock.now()));
  });
});

describe("RSA on Node", () => {
  it("goes on after an ask that cannot be signed, and answers nothing after its end", async () => {
    const own = new NodeTokenRsa();
    const { modulus, privateKey } = keys[0] ?? assert.fail();
    await assert.rejects(own.sign(new Uint8Array([1]), new Uint8Array(rsaBytes)), /signing failed/);
    const batch = newBatch(modulus, { count: 2 });
    assert.equal((await own.sign(privateKey, batch.blinded)).length, 2 * rsaBytes);
    await own.close();
    await assert.rejects(own.sign(privateKey, batch.blinded), refused("ERR_SHUTTING_DOWN"));
  });
});
