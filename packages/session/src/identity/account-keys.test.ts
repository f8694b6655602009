import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "@rempart/protocol";
import fc from "fast-check";
import { SessionError } from "../errors.ts";
import { deterministicProvider, seededEntropy } from "../provider/deterministic.ts";
import {
  accountFromPhrase,
  accountSigner,
  createAccountKeys,
  decodeAccountKeys,
  encodeAccountKeys,
  recoveryPhrase,
  selfGroupLogId,
} from "./account-keys.ts";
import { entropyOfPhrase, PhraseError, type PhraseFault, phraseOf } from "./phrase.ts";
import { encodeProfile, openProfile } from "./profile.ts";

const crypto = deterministicProvider(seededEntropy("account keys", () => 0));
/** From the test vectors of BIP-39. */
const knownPhrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";

function faultOf(phrase: string): PhraseFault {
  try {
    entropyOfPhrase(phrase);
  } catch (error) {
    assert.ok(error instanceof PhraseError && error.code === "ERR_PHRASE");
    for (const word of phrase.split(" ")) assert.ok(word.length < 6 || !error.message.includes(word));
    return error.fault;
  }
  throw new Error("the phrase was accepted");
}

test("[CN40] a phrase is twelve words of BIP-39 and goes both ways", () => {
  assert.equal(phraseOf(fromHex("7f".repeat(16))), knownPhrase);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (entropy) => {
      const phrase = phraseOf(entropy);
      assert.equal(phrase.split(" ").length, 12);
      assert.deepEqual(entropyOfPhrase(phrase), entropy);
    }),
  );
});

test("[CN40] spaces, line ends and capitals do not matter", () => {
  const typed = `  ${knownPhrase.toUpperCase().replaceAll(" ", " \n\t")} `;
  assert.equal(toHex(entropyOfPhrase(typed)), "7f".repeat(16));
});

test("[CN41] a wrong word is named by its position, and no word is repeated", () => {
  const words = knownPhrase.split(" ");
  for (let i = 0; i < words.length; i++) {
    const phrase = words.with(i, "sausagge").join(" ");
    assert.deepEqual(faultOf(phrase), { reason: "unknown-word", position: i + 1 });
  }
});

test("[CN41] too few and too many words, a swapped pair, a wrong checksum", () => {
  assert.deepEqual(faultOf(""), { reason: "word-count", count: 0 });
  assert.deepEqual(faultOf("legal winner thank"), { reason: "word-count", count: 3 });
  assert.deepEqual(faultOf(`${knownPhrase} yellow`), { reason: "word-count", count: 13 });
  assert.deepEqual(faultOf(knownPhrase.replace("year wave", "wave year")), { reason: "checksum" });
  assert.deepEqual(faultOf(knownPhrase.replace("yellow", "zoo")), { reason: "checksum" });
});

test("[CN42] the phrase brings back every key of the account", async () => {
  const keys = await createAccountKeys(crypto);
  assert.deepEqual(await accountFromPhrase(crypto, recoveryPhrase(keys)), keys);
  assert.notDeepEqual((await createAccountKeys(crypto)).accountId, keys.accountId);
});

test("[CN42] the derivation never changes: a phrase written down today must work for ever", async () => {
  const keys = await accountFromPhrase(crypto, knownPhrase);
  const derived = [
    keys.accountId,
    keys.contactLog.logId,
    keys.contactLog.readKey,
    keys.contactLog.writeKey,
    keys.contactSeal.publicKeyHash,
    keys.selfGroupSeed,
    await selfGroupLogId(crypto, keys, 0),
  ].map(toHex);
  assert.deepEqual(derived, [
    "f15bd0352c2293f32fe940db7f1d0ec2425f4918d31ac9dbe2bc8955f43a1534",
    "55b198996aabd001b217d79e12be6443",
    "2e960f1b52da52af5c950998c47aa6fc2137e8cb10a4815aa289407df592f9fd",
    "b2aae82e315faf976f4bbb46ec897a60d9a3bae5ed8983a62bd192da3126e6dd",
    "2fb106798eb1b476e94f0c4072f8649b343454ef1ecddd82b58470c1022154d9",
    "c1230ddf6887ce0d4b39b128ebe026cebc4227981282ba2591cbbc3e59d43889",
    "ae90bcc40d98c8a58606f80193e72d8e",
  ]);
});

test("[CN42] no two derived values are equal", async () => {
  const keys = await createAccountKeys(crypto);
  const { contactLog, contactSeal } = keys;
  const secrets = [keys.entropy, keys.identitySeed, contactLog.logId, contactLog.readKey, contactLog.writeKey];
  const more = [contactSeal.privateKey, keys.selfGroupSeed];
  const groups = [await selfGroupLogId(crypto, keys, 0), await selfGroupLogId(crypto, keys, 1)];
  const all = [...secrets, ...more, ...groups].map(toHex);
  assert.equal(new Set(all).size, all.length);
});

test("[CN43] stored account keys are read back; damaged ones fail with ERR_CONTENT", async () => {
  const keys = await createAccountKeys(crypto);
  const bytes = encodeAccountKeys(keys);
  assert.deepEqual(await decodeAccountKeys(crypto, bytes), keys);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.with(at, (bytes[at] ?? 0) ^ 1);
    await assert.rejects(decodeAccountKeys(crypto, damaged), { code: "ERR_CONTENT" });
  }
  for (const junk of [new Uint8Array(), bytes.subarray(1), Uint8Array.of(...bytes, 0)]) {
    await assert.rejects(decodeAccountKeys(crypto, junk), { code: "ERR_CONTENT" });
  }
});

test("[CN42] the account signs with the key that it is named by", async () => {
  const keys = await createAccountKeys(crypto);
  const message = Uint8Array.of(1, 2, 3);
  const signature = await accountSigner(crypto, keys).sign(message);
  assert.equal(await crypto.ed25519.verify(keys.accountId, message, signature), true);
});

test("[CN54] a profile opens for the card of its account, and for no other", async () => {
  const keys = await createAccountKeys(crypto);
  const other = await createAccountKeys(crypto);
  const card = { accountId: keys.accountId, contactSealKeyHash: keys.contactSeal.publicKeyHash };
  const bytes = await encodeProfile(crypto, keys);
  assert.deepEqual(await openProfile(crypto, card, bytes), keys.contactSeal.publicKey);
  const credential = { code: "ERR_CREDENTIAL" };
  await assert.rejects(openProfile(crypto, { ...card, accountId: other.accountId }, bytes), credential);
  const otherHash = other.contactSeal.publicKeyHash;
  await assert.rejects(openProfile(crypto, { ...card, contactSealKeyHash: otherHash }, bytes), credential);
  await assert.rejects(openProfile(crypto, card, await encodeProfile(crypto, other)), credential);
});

test("[CN54] a changed or cut profile is refused", async () => {
  const keys = await createAccountKeys(crypto);
  const card = { accountId: keys.accountId, contactSealKeyHash: keys.contactSeal.publicKeyHash };
  const bytes = await encodeProfile(crypto, keys);
  for (const at of [0, 1, 600, 1_216, 1_217, bytes.length - 1]) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    await assert.rejects(openProfile(crypto, card, changed), SessionError);
  }
  await assert.rejects(openProfile(crypto, card, bytes.subarray(1)), { code: "ERR_CONTENT" });
});
