import assert from "node:assert/strict";
import { test } from "node:test";
import { packetAt, packetTypes, publishTemplate } from "./mqtt-packets.ts";

test("a publish is found once it is whole, whatever its length", () => {
  for (const length of [0, 100, 127, 128, 16_383, 16_384, 70_000]) {
    const { bytes, idAt, payloadAt } = publishTemplate("pair/1", new Uint8Array(length));
    for (const end of [0, 1, 2, bytes.length - 1]) assert.equal(packetAt(bytes, 0, end), undefined);
    const found = packetAt(bytes, 0, bytes.length);
    assert.deepEqual([found?.type, found?.end], [packetTypes.publish, bytes.length]);
    assert.equal(payloadAt, bytes.length - length);
    assert.equal(idAt, payloadAt - 2);
  }
});
