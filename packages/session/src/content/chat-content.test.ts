import assert from "node:assert/strict";
import { test } from "node:test";
import { asId } from "@rempart/protocol";
import fc from "fast-check";
import { SessionError } from "../errors.ts";
import { deterministicProvider, seededEntropy } from "../provider/deterministic.ts";
import type { BlobReference } from "../types.ts";
import { blobUrl, parseBlobUrl } from "./blob-url.ts";
import { type AttachmentContent, type OutgoingContent, parseChatContent } from "./chat-content.ts";
import { contentLimits } from "./limits.ts";
import { composeMessage, type MessageContext, readHistoryItem, readMessage } from "./message.ts";
import { accountUri, groupUri } from "./message-id.ts";
import { asMessageId, decodeMimi, encodeMimi, type MimiContent } from "./mimi.ts";
import type { NestedPart, SinglePart } from "./mimi-part.ts";
import { decodeOwn, encodeOwn, type HistoryAnswer, ownTypes } from "./own-content.ts";

const crypto = deterministicProvider(seededEntropy("chat content", () => 0));
const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const context: MessageContext = { sender: asId("AccountId", filled(32, 1)), groupId: asId("LogId", filled(16, 2)) };
const target = asMessageId(filled(32, 3));
const replaces = asMessageId(filled(32, 4));
const requestId = filled(16, 5);
const blob: BlobReference = {
  blobId: asId("BlobId", filled(16, 6)),
  readKey: asId("Capability", filled(32, 7)),
  key: filled(32, 8),
  hash: filled(32, 9),
  size: 1_234,
};
const attachment: AttachmentContent = {
  kind: "attachment",
  blob,
  filename: "plan.pdf",
  size: 1_000,
  contentType: "application/pdf",
  description: "the plan",
};
const item = {
  messageId: target,
  sender: context.sender,
  seq: 7,
  receivedAt: 1_700_000_000_000,
  content: filled(90, 1),
};

const contents: Readonly<Record<string, OutgoingContent>> = {
  "[CN10] a text": { kind: "text", text: "Grüße, *alle*", format: "markdown" },
  "[CN10] a plain reply": { kind: "text", text: "yes", format: "plain", inReplyTo: target },
  "[CN11] a reaction": { kind: "reaction", target, reaction: "👩‍👩‍👧‍👦" },
  "[CN11] a reaction instead of another": { kind: "reaction", target, reaction: "👍", replaces },
  "[CN11] a reaction taken back": { kind: "unreact", target, replaces },
  "[CN12] an edit": { kind: "edit", target, text: "better", format: "markdown" },
  "[CN13] a deletion": { kind: "delete", target },
  "[CN14] an attachment": attachment,
  "[CN14] an attachment in reply": { ...attachment, filename: "", inReplyTo: target },
  "[CN20] a receipt": { kind: "receipt", state: "read", messageIds: [target, replaces] },
  "[CN24] a profile": { kind: "profile", name: "Ada 李" },
  "[CN24] a profile with a card": {
    kind: "profile",
    name: "Ada",
    card: {
      accountId: context.sender,
      linkSecret: filled(16, 2),
      logId: asId("LogId", filled(16, 3)),
      writeKey: asId("Capability", filled(32, 4)),
      contactSealKeyHash: filled(32, 5),
    },
  },
  "[CN21] a sync record": { kind: "sync", type: "settings", version: 3, body: filled(9, 1) },
  "[CN22] a history request": {
    kind: "history-request",
    requestId,
    messageIds: [target],
    ranges: [{ fromSeq: 4, toSeq: 4 }],
  },
  "[CN22] a history request for another group's log": {
    kind: "history-request",
    requestId,
    messageIds: [],
    ranges: [{ fromSeq: 1, toSeq: Number.MAX_SAFE_INTEGER }],
    groupId: filled(16, 6),
  },
  "[CN23] a history answer": { kind: "history-answer", requestId, isLast: true, items: [item] },
};

const refused: Readonly<Record<string, OutgoingContent>> = {
  "[CN10] an empty text": { kind: "text", text: "", format: "plain" },
  "[CN10] a text of half a character": { kind: "text", text: "\ud800", format: "plain" },
  "[CN10] a text above its limit": { kind: "text", text: "é".repeat(8_193), format: "plain" },
  "[CN11] a reaction above its limit": { kind: "reaction", target, reaction: "x".repeat(65) },
  "[CN14] a file name above its limit": { ...attachment, filename: "x".repeat(256) },
  "[CN20] a receipt for nothing": { kind: "receipt", state: "read", messageIds: [] },
  "[CN20] a receipt for too many": { kind: "receipt", state: "read", messageIds: Array(257).fill(target) },
  "[CN24] a profile without a name": { kind: "profile", name: "" },
  "[CN21] a sync record without a type": { kind: "sync", type: "", version: 1, body: requestId },
  "[CN22] a history request for nothing": { kind: "history-request", requestId, messageIds: [], ranges: [] },
  "[CN22] a range that ends before it starts": {
    kind: "history-request",
    requestId,
    messageIds: [],
    ranges: [{ fromSeq: 5, toSeq: 4 }],
  },
  "[CN23] a history answer above its limit": {
    kind: "history-answer",
    requestId,
    isLast: false,
    items: [item, { ...item, content: filled(contentLimits.historyContentBytesMax, 1) }],
  },
};

for (const [name, outgoing] of Object.entries(contents)) {
  test(`${name} arrives as it was sent`, async () => {
    const composed = await composeMessage(crypto, context, outgoing);
    const received = await readMessage(crypto, context, composed.content);
    assert.deepEqual(received.chat, outgoing);
    assert.deepEqual(received.messageId, composed.messageId);
  });
}

for (const [name, outgoing] of Object.entries(refused)) {
  test(`${name} is refused with ERR_CONTENT`, async () => {
    await assert.rejects(composeMessage(crypto, context, outgoing), { name: "SessionError", code: "ERR_CONTENT" });
  });
}

test("[CN10] a text of exactly 16 KiB arrives", async () => {
  const text = "é".repeat(contentLimits.textBytesMax / 2);
  const { content } = await composeMessage(crypto, context, { kind: "text", text, format: "plain" });
  assert.deepEqual((await readMessage(crypto, context, content)).chat, { kind: "text", text, format: "plain" });
});

test("[CN4] two messages of the same words have different ids; the id depends on sender and room", async () => {
  const outgoing: OutgoingContent = { kind: "text", text: "hi", format: "plain" };
  const first = await composeMessage(crypto, context, outgoing);
  const second = await composeMessage(crypto, context, outgoing);
  assert.notDeepEqual(first.messageId, second.messageId);
  const elsewhere = { ...context, groupId: asId("LogId", filled(16, 9)) };
  assert.notDeepEqual((await readMessage(crypto, elsewhere, first.content)).messageId, first.messageId);
});

test("[CN5] a content may name its sender and room, but no others", async () => {
  const { content } = await composeMessage(crypto, context, { kind: "delete", target });
  const mimi = decodeMimi(content);
  const named = { ...mimi, senderUri: accountUri(context.sender), roomUri: groupUri(context.groupId) };
  assert.equal((await readMessage(crypto, context, encodeMimi(named))).chat.kind, "delete");
  for (const lie of [{ senderUri: "mimi://example.com/u/mallory" }, { roomUri: "mimi://example.com/r/other" }]) {
    const promise = readMessage(crypto, context, encodeMimi({ ...named, ...lie }));
    await assert.rejects(promise, { code: "ERR_CONTENT" });
  }
});

test("[CN5] URIs have one form", () => {
  assert.equal(accountUri(context.sender), `mimi://rempart/u/${"01".repeat(32)}`);
  assert.equal(groupUri(context.groupId), `mimi://rempart/r/${"02".repeat(16)}`);
});

test("[CN14] the blob URL keeps its secret in the fragment and is read strictly", () => {
  const url = blobUrl(blob);
  assert.deepEqual(parseBlobUrl(url), { blobId: blob.blobId, size: blob.size, readKey: blob.readKey });
  assert.ok(!(url.split("#")[0] ?? "").includes("07".repeat(32)));
  for (const bad of [
    `${url}0`,
    ` ${url}`,
    url.replace("/1234", "/01234"),
    url.replace("/1234", ""),
    url.toUpperCase(),
  ]) {
    assert.equal(parseBlobUrl(bad), undefined);
  }
  assert.equal(parseBlobUrl(url.replace("/1234", "/9999999999999999")), undefined);
});

const base = { salt: filled(16, 0), topicId: new Uint8Array(), unknownExtensions: [] };
const single = (contentType: string, content: Uint8Array, disposition = 1): SinglePart => ({
  cardinality: "single",
  disposition,
  language: "",
  contentType,
  content,
});
const utf8 = (text: string) => new TextEncoder().encode(text);

test("[CN15] what is not understood is unsupported, with the best text there is", () => {
  const strange: readonly [NestedPart, string][] = [
    [single("application/x-game", utf8("?")), ""],
    [single("text/markdown;variant=GFM-MIMI", Uint8Array.of(0xff)), ""],
    [single("text/plain", utf8("an icon"), 5), "an icon"],
    [single("text/plain", utf8("é".repeat(9_000))), "é".repeat(8_192)],
    [single("text/plain", utf8(`x${"é".repeat(9_000)}`)), `x${"é".repeat(8_191)}`],
    [single(ownTypes.receipt, Uint8Array.of(0x80)), ""],
    [{ cardinality: "null", disposition: 1, language: "" }, ""],
  ];
  for (const [body, fallback] of strange) {
    assert.deepEqual(parseChatContent({ ...base, body }), { kind: "unsupported", fallback });
  }
});

test("[CN15] an alternative that is understood is taken, wherever it stands", () => {
  const parts = [single("application/x-game", utf8("?")), single("text/plain;charset=utf-8", utf8("hi"))];
  const multi = { cardinality: "multi", disposition: 1, language: "", parts } as const;
  assert.deepEqual(parseChatContent({ ...base, body: { ...multi, semantics: 0 } }), {
    kind: "text",
    text: "hi",
    format: "plain",
  });
  const expected = { kind: "unsupported", fallback: "hi" };
  assert.deepEqual(parseChatContent({ ...base, body: { ...multi, semantics: 2 } }), expected);
});

test("[CN15] parsing never throws, whatever members put into a part", () => {
  const types = fc.constantFrom(...Object.values(ownTypes), "text/plain", "text/markdown;variant=GFM-MIMI", "x/y");
  const part = fc.record({
    type: types,
    bytes: fc.uint8Array({ maxLength: 80 }),
    use: fc.nat(9),
    isEdit: fc.boolean(),
  });
  fc.assert(
    fc.property(part, ({ type, bytes, use, isEdit }) => {
      const mimi: MimiContent = { ...base, body: single(type, bytes, use), ...(isEdit && { replaces }) };
      assert.equal(typeof parseChatContent(mimi).kind, "string");
    }),
    { numRuns: 1_000 },
  );
});

test("[CN2] our own content types: a changed one fails with ERR_CONTENT or encodes to itself", () => {
  const answer: HistoryAnswer = { kind: "history-answer", requestId, isLast: true, items: [item] };
  const bytes = encodeOwn(answer);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const changed = bytes.slice();
      changed[at] = byte;
      try {
        const decoded = decodeOwn(ownTypes.history, changed);
        assert.ok(decoded);
        assert.deepEqual(encodeOwn(decoded), changed);
      } catch (error) {
        assert.ok(error instanceof SessionError && error.code === "ERR_CONTENT", String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test("[CN23] a message of a history answer is what its id says, or refused", async () => {
  const outgoing: OutgoingContent = { kind: "text", text: "before you came", format: "plain" };
  const { messageId, content } = await composeMessage(crypto, context, outgoing);
  const genuine = { ...item, messageId, content };
  assert.deepEqual((await readHistoryItem(crypto, context.groupId, genuine)).chat, outgoing);
  const other = await composeMessage(crypto, context, outgoing);
  for (const forged of [
    { ...genuine, content: other.content },
    { ...genuine, sender: asId("AccountId", filled(32, 9)) },
  ]) {
    await assert.rejects(readHistoryItem(crypto, context.groupId, forged), { code: "ERR_CONTENT" });
  }
});
