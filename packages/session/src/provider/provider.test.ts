import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultCryptoProvider, getCiphersuiteFromName } from "ts-mls";
import { ascii } from "../bytes.ts";
import type { SuiteName } from "../types.ts";
import { deterministicProvider, seededEntropy } from "./deterministic.ts";
import { nodeProvider } from "./node.ts";
import type { CryptoProvider } from "./provider.ts";
import { webProvider } from "./web.ts";

const suites: readonly SuiteName[] = [
  "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
  "MLS_256_XWING_AES256GCM_SHA512_Ed25519",
];

function seeded(): CryptoProvider[] {
  const entropy = () => seededEntropy("provider contract", () => 0);
  return [nodeProvider(entropy()), deterministicProvider(entropy())];
}

async function providers(): Promise<CryptoProvider[]> {
  return [...seeded(), await webProvider(seededEntropy("provider contract", () => 0))];
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function allEqual(values: readonly string[]): void {
  assert.equal(new Set(values).size, 1, values.join("\n"));
}

test("[SN40] the three providers give the same bytes for the same inputs", async () => {
  const all = await providers();
  const bytes = fc.uint8Array({ maxLength: 200 });
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  await fc.assert(
    fc.asyncProperty(key, bytes, bytes, async (seed, message, aad) => {
      const results = await Promise.all(
        all.map(async ({ sha256, hkdf, ed25519, aead, sealedBox }) => [
          hex(await sha256(message)),
          hex(await hkdf({ secret: message, salt: aad, info: aad, length: 77 })),
          hex(await ed25519.publicKey(seed)),
          hex(await ed25519.sign(seed, message)),
          hex(await aead.seal({ key: seed, nonce: seed.subarray(0, 12), plaintext: message, aad })),
          hex((await sealedBox.keyPair(seed)).publicKey),
        ]),
      );
      allEqual(results.map((result) => result.join("\n")));
    }),
    { numRuns: 20 },
  );
});

test("[SN41] each provider opens and verifies what every other sealed and signed, and nothing altered", async () => {
  const all = await providers();
  const seed = new Uint8Array(32).fill(7);
  const plaintext = ascii("a few words");
  const info = ascii("test");
  for (const from of all) {
    const key = await from.sealedBox.keyPair(seed);
    const sealed = await from.sealedBox.seal({ publicKey: key.publicKey, info, plaintext });
    const signature = await from.ed25519.sign(seed, plaintext);
    const box = await from.aead.seal({ key: seed, nonce: seed.subarray(0, 12), plaintext });
    for (const to of all) {
      assert.deepEqual(await to.sealedBox.open({ privateKey: key.privateKey, sealed, info }), plaintext);
      await assert.rejects(to.sealedBox.open({ privateKey: key.privateKey, sealed, info: ascii("other") }));
      const publicKey = await to.ed25519.publicKey(seed);
      assert.equal(await to.ed25519.verify(publicKey, plaintext, signature), true);
      assert.equal(await to.ed25519.verify(publicKey, ascii("other"), signature), false);
      assert.equal(await to.ed25519.verify(publicKey.subarray(1), plaintext, signature), false);
      assert.equal(await to.ed25519.verify(publicKey, plaintext, signature.subarray(1)), false);
      const nonce = seed.subarray(0, 12);
      assert.deepEqual(await to.aead.open({ key: seed, nonce, ciphertext: box }), plaintext);
      await assert.rejects(to.aead.open({ key: seed, nonce, ciphertext: box, aad: info }));
      await assert.rejects(to.aead.open({ key: seed, nonce, ciphertext: box.subarray(0, 5) }));
    }
  }
});

for (const name of suites) {
  test(`[SN42] ${name}: HPKE agrees with an independent implementation in both directions`, async () => {
    const theirs = await defaultCryptoProvider.getCiphersuiteImpl(getCiphersuiteFromName(name));
    const info = ascii("info");
    const plaintext = ascii("plaintext");
    const ikm = new Uint8Array(32).fill(3);
    for (const provider of await providers()) {
      const ours = await provider.suite(name);
      const ourPair = await ours.hpke.deriveKeyPair(ikm);
      const theirPair = await theirs.hpke.deriveKeyPair(ikm);
      const publicKey = await ours.hpke.exportPublicKey(ourPair.publicKey);
      assert.equal(hex(publicKey), hex(await theirs.hpke.exportPublicKey(theirPair.publicKey)));
      const toThem = await ours.hpke.seal(ourPair.publicKey, plaintext, info);
      assert.deepEqual(await theirs.hpke.open(theirPair.privateKey, toThem.enc, toThem.ct, info), plaintext);
      const toUs = await theirs.hpke.seal(theirPair.publicKey, plaintext, info);
      assert.deepEqual(await ours.hpke.open(ourPair.privateKey, toUs.enc, toUs.ct, info), plaintext);
      const { enc, secret } = await theirs.hpke.exportSecret(theirPair.publicKey, ascii("context"), 48, info);
      assert.deepEqual(await ours.hpke.importSecret(ourPair.privateKey, ascii("context"), enc, 48, info), secret);
    }
  });

  test(`[SN43] ${name}: encapsulation leaves the caller's public key as it was`, async () => {
    for (const provider of await providers()) {
      const { hpke } = await provider.suite(name);
      const { publicKey } = await hpke.generateKeyPair();
      const before = hex(await hpke.exportPublicKey(publicKey));
      for (let i = 0; i < 20; i++) await hpke.seal(publicKey, ascii("x"), ascii("y"));
      assert.equal(hex(await hpke.exportPublicKey(publicKey)), before);
    }
  });

  test(`[SN44] ${name}: the same seed gives the same bytes`, async () => {
    const run = async (provider: CryptoProvider) => {
      const { hpke, signature, rng } = await provider.suite(name);
      const { publicKey } = await hpke.generateKeyPair();
      const { ct, enc } = await hpke.seal(publicKey, ascii("x"), ascii("y"));
      const { publicKey: verifying } = await signature.keygen();
      return [await hpke.exportPublicKey(publicKey), ct, enc, verifying, rng.randomBytes(9)].map(hex).join("\n");
    };
    const first = await Promise.all(seeded().map(run));
    const second = await Promise.all(seeded().map(run));
    allEqual([...first, ...second]);
  });
}
