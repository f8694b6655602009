import assert from "node:assert/strict";
import { test } from "node:test";
import { asId, entrySizes } from "@rempart/protocol";
import fc from "fast-check";
import { SessionError } from "../errors.ts";
import { deterministicProvider, seededEntropy } from "../provider/deterministic.ts";
import { accountSigner, createAccountKeys } from "./account-keys.ts";
import { compactCard, createContactCard } from "./card.ts";
import { type ContactRecipient, openContactEntry, sealContactEntry } from "./contact-box.ts";
import {
  type AddingEntry,
  type ContactEntry,
  contactLimits,
  decodeContactBody,
  encodeContactBody,
  type WelcomeEntry,
} from "./contact-entry.ts";

const crypto = deterministicProvider(seededEntropy("contact entries", () => 0));
const alice = await createAccountKeys(crypto);
const bob = await createAccountKeys(crypto);
const mallory = await createAccountKeys(crypto);
const senderCard = await createContactCard(crypto, alice);
const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);

const toBob: ContactRecipient = {
  accountId: bob.accountId,
  logId: bob.contactLog.logId,
  sealKey: bob.contactSeal.publicKey,
};
const groupId = asId("LogId", filled(16, 1));
const join = { logId: groupId, fromSeq: 9, chain: filled(32, 2) };
const nonce = filled(16, 3);
const blob = {
  blobId: asId("BlobId", filled(16, 6)),
  readKey: asId("Capability", filled(32, 7)),
  key: filled(32, 8),
  hash: filled(32, 9),
  size: 1_234,
};
const welcome: WelcomeEntry = {
  kind: "welcome",
  sender: alice.accountId,
  senderName: "Alice ❤",
  senderCard,
  linkSecret: filled(16, 4),
  welcome: { kind: "inline", bytes: filled(2_000, 5) },
  join,
};
const { linkSecret: _, ...unlinked } = welcome;

const kit = {
  kind: "rejoin-kit",
  sender: alice.accountId,
  deviceId: asId("DeviceId", filled(16, 6)),
  groupId,
  nonce,
  join,
  others: [],
} as const;
const card = await compactCard(crypto, senderCard);

const note: AddingEntry = {
  kind: "adding",
  sender: alice.accountId,
  deviceId: asId("DeviceId", filled(16, 6)),
  groupId,
  epoch: 7,
  entryId: asId("EntryId", filled(16, 10)),
  readKey: asId("Capability", filled(32, 11)),
  welcome: { kind: "blob", blob },
  welcomed: [bob.accountId, mallory.accountId],
  helpers: [],
};

const entries: Readonly<Record<string, ContactEntry>> = {
  "a welcome": welcome,
  "a welcome in a blob, without a link": { ...unlinked, welcome: { kind: "blob", blob } },
  "a rejoin request": {
    kind: "rejoin-request",
    sender: alice.accountId,
    senderCard,
    deviceId: asId("DeviceId", filled(16, 5)),
    groupId,
    nonce,
  },
  "a rejoin kit": { ...kit, kit: { kind: "blob", blob } },
  "a refusal that names others": { ...kit, kit: { kind: "inline", bytes: new Uint8Array() }, others: [card] },
  "a note of who is to be added": { ...note, helpers: [card, card] },
  "a welcome from whoever cannot vouch for the chain": { ...welcome, join: { ...join, chain: new Uint8Array() } },
};

const sealed = (entry: ContactEntry, signer = accountSigner(crypto, alice)) =>
  sealContactEntry(crypto, signer, toBob, entry);

for (const [name, entry] of Object.entries(entries)) {
  test(`[CN60] ${name} opens as it was sealed, and has one of the entry sizes`, async () => {
    const bytes = await sealed(entry);
    assert.deepEqual(await openContactEntry(crypto, bob, bytes), entry);
    assert.ok(entrySizes.some((size) => size === bytes.length));
  });
}

test("[CN60] the largest inline payload fits; one byte more, and a name too long, are refused", async () => {
  const inline = (length: number) => ({ ...welcome, welcome: { kind: "inline" as const, bytes: filled(length, 1) } });
  const largest = inline(contactLimits.inlineBytesMax);
  const longest = { ...largest, senderName: "猫".repeat(contactLimits.nameUnitsMax) };
  assert.deepEqual(await openContactEntry(crypto, bob, await sealed(longest)), longest);
  await assert.rejects(sealed(inline(contactLimits.inlineBytesMax + 1)), { code: "ERR_CONTENT" });
  for (const senderName of ["x".repeat(contactLimits.nameUnitsMax + 1), "\ud800"]) {
    await assert.rejects(sealed({ ...welcome, senderName }), { code: "ERR_CONTENT" });
  }
});

test("[CN60] the largest note fits, with all whom it names", async () => {
  const helpers = Array.from({ length: contactLimits.helpersMax }, () => card);
  for (const count of [1, 100, contactLimits.welcomedMax]) {
    const welcomed = Array.from({ length: count }, () => bob.accountId);
    const bytes = filled(contactLimits.noteBytesMax - 32 * count, 1);
    const largest = { ...note, helpers, welcomed, welcome: { kind: "inline" as const, bytes } };
    assert.deepEqual(await openContactEntry(crypto, bob, await sealed(largest)), largest);
  }
});

test("[CN60] nobody but the recipient opens it, and only from his own log", async () => {
  const bytes = await sealed(welcome);
  await assert.rejects(openContactEntry(crypto, mallory, bytes), { code: "ERR_OUTER_SEAL" });
  const moved = { ...bob, contactLog: mallory.contactLog };
  await assert.rejects(openContactEntry(crypto, moved, bytes), { code: "ERR_OUTER_SEAL" });
});

test("[CN60] a changed, cut or foreign entry is refused", async () => {
  const bytes = await sealed(welcome);
  for (const at of [0, 1, 500, 1_120, 1_121, 3_000, bytes.length - 1]) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    await assert.rejects(openContactEntry(crypto, bob, changed), SessionError);
  }
  for (const junk of [new Uint8Array(), new Uint8Array(1_024), new Uint8Array(4_096), bytes.subarray(1)]) {
    await assert.rejects(openContactEntry(crypto, bob, junk), SessionError);
  }
});

test("[CN61] only the sender can sign, for this recipient", async () => {
  await assert.rejects(sealed(welcome, accountSigner(crypto, mallory)), { code: "ERR_CREDENTIAL" });
  const impostor = { ...accountSigner(crypto, mallory), accountId: alice.accountId };
  await assert.rejects(openContactEntry(crypto, bob, await sealed(welcome, impostor)), { code: "ERR_CREDENTIAL" });
  // What Alice signed for Mallory, passed on to Bob: everything but the name of the recipient is right.
  const signer = accountSigner(crypto, alice);
  const forMallory = { ...toBob, accountId: mallory.accountId };
  let signature = new Uint8Array();
  const recorder = {
    ...signer,
    sign: async (message: Uint8Array) => (signature = Uint8Array.from(await signer.sign(message))),
  };
  await sealContactEntry(crypto, recorder, forMallory, welcome);
  const replayer = { ...signer, sign: async () => signature };
  await assert.rejects(openContactEntry(crypto, bob, await sealed(welcome, replayer)), { code: "ERR_CREDENTIAL" });
});

test("[CN61] the card in an entry is its sender's own", async () => {
  const foreign = await createContactCard(crypto, mallory);
  await assert.rejects(sealed({ ...welcome, senderCard: foreign }), { code: "ERR_CREDENTIAL" });
});

test("[CN2] [CN62] junk in place of a body fails with a code; what decodes encodes to itself", async () => {
  const bodies = await Promise.all(Object.values(entries).map((entry) => encodeContactBody(crypto, entry)));
  const isTotal = async (junk: Uint8Array) => {
    try {
      const entry = await decodeContactBody(crypto, junk);
      assert.deepEqual(await encodeContactBody(crypto, entry), junk);
    } catch (error) {
      assert.ok(error instanceof SessionError && /^ERR_(CONTENT|CREDENTIAL)$/.test(error.code), String(error));
    }
  };
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), isTotal));
  const change = fc.record({
    body: fc.constantFrom(...bodies),
    at: fc.nat(400),
    byte: fc.nat(255),
    isCut: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ body, at, byte, isCut }) => {
      const changed = isCut ? body.slice(0, at) : body.slice();
      changed[at % body.length] = byte;
      await isTotal(changed);
    }),
    { numRuns: 500 },
  );
});
