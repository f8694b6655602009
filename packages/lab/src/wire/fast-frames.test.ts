import assert from "node:assert/strict";
import { test } from "node:test";
import { asId, decodeRequest, encodeError, encodePush, encodeReply, ProtocolError } from "@rempart/protocol";
import { AppendTemplate, eachEntry, entryCount, kindOf, requestIdAt } from "./fast-frames.ts";
import { newLog } from "./lab-client.ts";
import { frameHeaderAt, maskWord } from "./websocket-frame.ts";

const body = new Uint8Array(400).fill(7);

/** The payload of a client's frame, unmasked as a server does it. */
function payloadOf(frame: Buffer): Uint8Array {
  const header = frameHeaderAt(frame, 0, frame.length);
  assert.ok(header?.isFinal);
  const payloadAt = header.headerBytes + 4;
  assert.equal(frame.readUInt32BE(header.headerBytes), maskWord);
  return Uint8Array.from(frame.subarray(payloadAt), (byte) => byte ^ 0x5a);
}

test("a patched template is the append that it says", () => {
  const log = newLog();
  const template = new AppendTemplate(log, body, new Uint8Array(8).fill(9));
  const frames = Buffer.alloc(2 * template.frameBytes);
  template.writeTo(frames, 0, { requestId: 0xfffffffe, slot: 3, round: 4_000_000_000 });
  template.writeTo(frames, template.frameBytes, { requestId: 5, slot: 6, round: 7 });

  const request = decodeRequest(payloadOf(frames.subarray(0, template.frameBytes)));
  assert.equal(request.requestId, 0xfffffffe);
  assert.ok(request.name === "append");
  assert.deepEqual(request.body.logId, log.logId);
  assert.deepEqual(request.body.writeKey, log.writeKey);
  assert.deepEqual(request.body.bytes, body);
  assert.deepEqual(
    request.body.entryId,
    Uint8Array.from([0, 0, 0, 3, 0xee, 0x6b, 0x28, 0, ...new Uint8Array(8).fill(9)]),
  );
  assert.equal(decodeRequest(payloadOf(frames.subarray(template.frameBytes))).requestId, 5);
});

test("entries are walked over as they were pushed", () => {
  const entryOf = (slot: number, round: number, seq: number) => {
    const entryId = Buffer.alloc(16);
    entryId.writeUInt32BE(slot, 0);
    entryId.writeUInt32BE(round, 4);
    return { seq, receivedAt: 1_767_225_600_000, entryId: asId("EntryId", entryId), bytes: body.subarray(0, slot) };
  };
  const push = encodePush("entries", { logId: newLog().logId, entries: [entryOf(1, 2, 3), entryOf(400, 5, 6)] });
  const bytes = Buffer.concat([Buffer.from("before"), push]);
  const seen: number[][] = [];
  eachEntry(bytes, 6, (...entry) => seen.push(entry));
  assert.equal(entryCount(bytes, 6), 2);
  assert.deepEqual(seen, [
    [1, 2, 3],
    [400, 5, 6],
  ]);
});

test("kinds and request ids are read without decoding", () => {
  const reply = Buffer.from(encodeReply("append", 77, { seq: 1, receivedAt: 2 }));
  assert.equal(kindOf(reply, 0), "reply");
  assert.equal(requestIdAt(reply, 0), 77);
  assert.equal(kindOf(Buffer.from(encodeError(1, new ProtocolError("ERR_BUSY", "later"))), 0), "error");
  assert.equal(kindOf(Buffer.from(encodePush("goodbye", { code: 51, retryAfterMs: 0 })), 0), "other");
});
