import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { test } from "node:test";
import { fromHex, toHex } from "@rempart/protocol";
import { deterministicProvider, seededEntropy } from "../provider/deterministic.ts";
import { parseChatContent } from "./chat-content.ts";
import { messageIdOf } from "./message-id.ts";
import { decodeMimi, encodeMimi, type MimiContent } from "./mimi.ts";
import { decodeDerivedValues, encodeDerivedValues } from "./mimi-derived.ts";

const repository = resolve(import.meta.dirname, "../../../..");
const folder = resolve(repository, "../shared/vectors/mimi");
const crypto = deterministicProvider(seededEntropy("mimi vectors", () => 0));

/** The one example that is not a content but what surrounds one. */
const derivedValues = "implied-original";

/** Names of the draft's examples; a missing folder is a failure that says so, never an empty test. */
function vectorNames(): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(".cbor"))
      .map((file) => basename(file, ".cbor"));
  } catch (cause) {
    throw new Error("the MIMI vectors are missing: expected them in ../shared/vectors/mimi of the repository", {
      cause,
    });
  }
}

function readVector(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, `${name}.cbor`)));
}

/** The `# message ID = h'…'` comment, over two lines. */
function statedMessageId(name: string): string {
  const notation = readFileSync(join(folder, `${name}.edn`), "utf8");
  const [, hex] = /message ID = h'([0-9a-f\s#]+)'/.exec(notation) ?? [];
  assert.ok(hex, `${name}.edn states no message id`);
  return hex.replace(/[^0-9a-f]/g, "");
}

function identify(content: Uint8Array, mimi: MimiContent) {
  const { senderUri, roomUri, salt } = mimi;
  assert.ok(senderUri && roomUri);
  return messageIdOf(crypto, { senderUri, roomUri, content, salt });
}

test("the MIMI vectors are all there", () => {
  assert.equal(vectorNames().length, 15);
});

for (const name of vectorNames().filter((candidate) => candidate !== derivedValues)) {
  test(`[CN1] [CN4] vector ${name}: decodes, encodes to the same bytes, gives its message id`, async () => {
    const bytes = readVector(name);
    const mimi = decodeMimi(bytes);
    assert.deepEqual(encodeMimi(mimi), bytes);
    assert.equal(toHex(await identify(bytes, mimi)), statedMessageId(name));
  });
}

test("[CN7] vector implied-original: decodes and encodes to the same bytes", () => {
  const bytes = readVector(derivedValues);
  const values = decodeDerivedValues(bytes);
  assert.equal(values.senderLeafIndex, 4);
  assert.equal(values.hubAcceptedAt, 1_644_387_225_019);
  assert.equal(values.senderUserUri, "mimi://example.com/u/alice-smith");
  assert.deepEqual(encodeDerivedValues(values), bytes);
});

const original = fromHex("017ce54837404c3696e0c747b985cb172716d0ed0a3d249ca63ace7d82a096f4");
const reply = fromHex("015354973c2b65ca937bf1e035ae53a5ab80e947afa43d46920d4202e5cc0b27");
const reaction = fromHex("0158c4288911e50a8f6be3f47746b6682f10fd91bc8c05557aa589a3157aff68");

const understood = {
  original: { kind: "text", format: "markdown", text: "Hi everyone, we just shipped release 2.0. __Good  work__!" },
  reply: { kind: "text", format: "markdown", text: "Right on! _Congratulations_ 'all!", inReplyTo: original },
  reaction: { kind: "reaction", target: original, reaction: "❤" },
  unlike: { kind: "unreact", target: original, replaces: reaction },
  edit: { kind: "edit", target: reply, format: "markdown", text: "Right on! _Congratulations_ y'all!" },
  delete: { kind: "delete", target: reply },
  attachment: { kind: "unsupported", fallback: "2 hours of key signing video" },
  conferencing: { kind: "unsupported", fallback: "Join the Foo 118 conference" },
  "mention-html": { kind: "unsupported", fallback: "", inReplyTo: original },
  "multipart-1": { kind: "text", format: "markdown", text: "# Welcome!" },
  "multipart-2": { kind: "unsupported", fallback: "❤" },
  "multipart-3": { kind: "unsupported", fallback: "" },
} as const;

for (const [name, expected] of Object.entries(understood)) {
  test(`[CN10] vector ${name}: is understood as ${expected.kind}`, () => {
    const parsed = parseChatContent(decodeMimi(readVector(name)));
    assert.equal(JSON.stringify(parsed, hexed), JSON.stringify(expected, hexed));
  });
}

function hexed(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

test("[CN1] vector expiring: expires at a second of the Unix epoch", () => {
  assert.deepEqual(decodeMimi(readVector("expiring")).expires, { isRelative: false, seconds: 1_644_390_004 });
});
