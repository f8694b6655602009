import assert from "node:assert/strict";
import { test } from "node:test";
import { asId, encode, gateChallengeDigest, gateLimits, tokenCodec, tokenType } from "@rempart/protocol";
import fc from "fast-check";
import { deterministicProvider, seededEntropy } from "../provider/deterministic.ts";
import { createAccountKeys } from "./account-keys.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { claimKeyOf, createContactCard } from "./card.ts";
import { formatLink, type Link, LinkError, type LinkFault, parseLink } from "./link.ts";

const crypto = deterministicProvider(seededEntropy("links", () => 0));
const origin = "https://chat.example:8443";
const keys = await createAccountKeys(crypto);
const contact = await createContactCard(crypto, keys);
const inviteSecret = asId("InviteSecret", crypto.entropy.randomBytes(16));

function inviteToken(day: number) {
  const fields = { nonce: crypto.entropy.randomBytes(32), keyId: crypto.entropy.randomBytes(32) };
  const authenticator = crypto.entropy.randomBytes(256);
  const token = encode(tokenCodec, { tokenType, challengeDigest: gateChallengeDigest, ...fields, authenticator });
  return { day, token };
}
const tokens = [inviteToken(20_000)];

const links: Readonly<Record<string, Link>> = {
  "an invitation": { kind: "invitation", origin, inviteSecret },
  "an invitation with a contact": { kind: "invitation", origin, inviteSecret, contact },
  "a contact link": { kind: "contact", origin, contact },
  "an invitation with a name": { kind: "invitation", origin, inviteSecret, contact, name: "Zoé 李" },
  "an invitation with tokens": { kind: "invitation", origin, inviteSecret, tokens: tokens },
  "a contact link with a name": { kind: "contact", origin, contact, name: "Zoé 李" },
};

async function refuses(text: string, fault: LinkFault): Promise<void> {
  await assert.rejects(parseLink(crypto, text), (error) => {
    assert.ok(error instanceof LinkError, String(error));
    assert.equal(error.code, "ERR_LINK");
    assert.equal(error.fault, fault, text);
    return true;
  });
}

for (const [name, link] of Object.entries(links)) {
  test(`[CN50] ${name} is read as it was written, spaces around it or not`, async () => {
    const text = await formatLink(crypto, link);
    assert.deepEqual(await parseLink(crypto, text), link);
    assert.deepEqual(await parseLink(crypto, ` \n${text}\t`), link);
  });

  test(`[CN51] ${name} cut anywhere is damaged, or no link`, async () => {
    const text = await formatLink(crypto, link);
    const fragmentAt = text.indexOf("#");
    for (let length = fragmentAt; length < text.length; length++) await refuses(text.slice(0, length), "damaged");
    for (let length = 0; length < fragmentAt - 1; length++) await refuses(text.slice(0, length), "not-a-link");
  });

  test(`[CN51] ${name} with any character of its payload changed, doubled or lost is damaged`, async () => {
    const text = await formatLink(crypto, link);
    for (let at = text.indexOf("#") + 1; at < text.length; at++) {
      const [before, after] = [text.slice(0, at), text.slice(at + 1)];
      const other = text[at] === "A" ? "B" : "A";
      for (const changed of [other, "*", "", `${text[at]}${text[at]}`])
        await refuses(before + changed + after, "damaged");
    }
  });
}

test("[CN50] everything but the origin and the kind is in the fragment", async () => {
  const texts = await Promise.all(Object.values(links).map((link) => formatLink(crypto, link)));
  assert.deepEqual(
    texts.map((text) => text.split("#")[0]),
    [`${origin}/i`, `${origin}/i`, `${origin}/c`, `${origin}/i`, `${origin}/i`, `${origin}/c`],
  );
});

test("[CN50] links are short: 34, 205 and 182 characters after the origin, the name, and 432 for a token", async () => {
  const texts = await Promise.all(Object.values(links).map((link) => formatLink(crypto, link)));
  const lengths = texts.map((text) => text.length - origin.length);
  // The name of eight bytes has a length of four before it, and base64 makes 16 characters of the 12.
  assert.deepEqual(lengths, [34, 205, 182, 221, 34 + 3 + 432, 198]);
});

test("[CN50] what is no link of ours says so", async () => {
  const contactLink = await formatLink(crypto, { kind: "contact", origin, contact });
  const payload = contactLink.split("#")[1] ?? "";
  for (const text of [
    "",
    "hello",
    origin,
    `${origin}/x#${payload}`,
    `${origin}/c/#${payload}`,
    `${origin}/c?utm=1#${payload}`,
    `https://user:pw@chat.example/c#${payload}`,
    `ftp://chat.example/c#${payload}`,
    `javascript:alert(1)#${payload}`,
    contactLink + "A".repeat(3_000),
  ]) {
    await refuses(text, "not-a-link");
  }
});

test("[CN51] a contact payload is not taken for an invitation", async () => {
  const text = await formatLink(crypto, { kind: "contact", origin, contact });
  await refuses(text.replace("/c#", "/i#"), "damaged");
});

test("[CN52] a newer version says that it is newer", async () => {
  const payload = Uint8Array.of(2, 1, 2, 3);
  const label = new TextEncoder().encode("rempart contact link\n");
  const hash = await crypto.sha256(Uint8Array.of(...label, ...payload));
  await refuses(`${origin}/c#${toBase64url(Uint8Array.of(...payload, ...hash.subarray(0, 4)))}`, "unknown-version");
});

test("[CN50] a link is only made for an origin and a consistent card", async () => {
  for (const bad of [`${origin}/`, "chat.example", "ftp://chat.example", "https://Chat.Example"]) {
    await assert.rejects(formatLink(crypto, { kind: "contact", origin: bad, contact }), { code: "ERR_LINK" });
  }
  const foreign = { ...contact, claimKey: asId("Capability", new Uint8Array(32)) };
  await assert.rejects(formatLink(crypto, { kind: "contact", origin, contact: foreign }), { code: "ERR_LINK" });
});

test("[CN53] each card has a link secret and a claim key of its own; the rest is the account's", async () => {
  const other = await createContactCard(crypto, keys);
  assert.notDeepEqual(other.linkSecret, contact.linkSecret);
  assert.notDeepEqual(other.claimKey, contact.claimKey);
  assert.deepEqual(await claimKeyOf(crypto, contact.linkSecret), contact.claimKey);
  assert.deepEqual(other.contactLog, { logId: keys.contactLog.logId, writeKey: keys.contactLog.writeKey });
  assert.deepEqual(other.contactSealKeyHash, keys.contactSeal.publicKeyHash);
});

test("[CN2] any text is a link or fails with ERR_LINK", async () => {
  const fragment = fc.string({ maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("", `${origin}/i#`, `${origin}/c#`), fragment, async (prefix, text) => {
      await assert.rejects(parseLink(crypto, prefix + text), { code: "ERR_LINK" });
    }),
  );
});

test("[CN51] base64url has one text for any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      assert.deepEqual(fromBase64url(toBase64url(bytes)), bytes);
      assert.equal(toBase64url(bytes), Buffer.from(bytes).toString("base64url"));
    }),
  );
  for (const text of ["A", "AB", "AA=", "A A", "AA+A", "AAAAB"]) assert.equal(fromBase64url(text), undefined);
});

test("[GT35] an invitation carries a token in about 700 characters, and no more than the limit", async () => {
  const invitation = { kind: "invitation", origin, inviteSecret, contact, name: "Zoé 李" } as const;
  const text = await formatLink(crypto, { ...invitation, tokens });
  assert.ok(text.length < 750, `${text.length}`);
  assert.deepEqual(await parseLink(crypto, text), { ...invitation, tokens });
  const tooMany = Array.from({ length: gateLimits.tokensPerInviteMax + 1 }, () => inviteToken(1));
  await assert.rejects(formatLink(crypto, { ...invitation, tokens: tooMany }), { code: "ERR_LINK" });
});

test("[GT35] an invitation without tokens is written as before: programs of the first version read it", async () => {
  const plain = await formatLink(crypto, { kind: "invitation", origin, inviteSecret });
  assert.equal(await formatLink(crypto, { kind: "invitation", origin, inviteSecret, tokens: [] }), plain);
  assert.equal(fromBase64url(plain.slice(plain.indexOf("#") + 1))?.[0], 1);
});
