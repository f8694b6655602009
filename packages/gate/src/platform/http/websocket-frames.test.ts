import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gateLimits } from "@rempart/protocol";
import fc from "fast-check";
import { maskedFrame } from "../testing/front.ts";
import { readProofFrame, switchingProtocols, verdictFrame } from "./websocket-frames.ts";

describe("[GT1] a proof's frame", () => {
  it("is read whatever its length, and not before its last byte", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: gateLimits.proofBytesMax }),
        fc.uint8Array({ maxLength: 9 }),
        (proof, rest) => {
          const frame = maskedFrame(proof);
          const reading = readProofFrame(Buffer.concat([frame, rest]));
          assert.ok(typeof reading === "object");
          assert.deepEqual([reading.bytes, [...reading.proof]], [frame.length, [...proof]]);
          assert.equal(readProofFrame(frame.subarray(0, -1)), "incomplete");
          assert.equal(readProofFrame(frame.subarray(0, 1)), "incomplete");
        },
      ),
    );
  });

  it("is junk when it is another frame, too long, or longer written than it has to be", () => {
    const junk = [
      maskedFrame(Buffer.alloc(3), 0x81),
      maskedFrame(Buffer.alloc(3), 0x02),
      maskedFrame(Buffer.alloc(3), 0xc2),
      maskedFrame(Buffer.alloc(3), 0x88),
      maskedFrame(Buffer.alloc(gateLimits.proofBytesMax + 1)),
      Buffer.from([0x82, 3, 1, 2, 3]),
      Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 1]),
      Buffer.from([0x82, 0xfe, 0, 125, 0, 0, 0, 0]),
    ];
    for (const bytes of junk) assert.equal(readProofFrame(bytes), "junk");
  });

  it("never makes the reader throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const reading = readProofFrame(Buffer.from(bytes));
        if (typeof reading === "object") assert.ok(reading.bytes <= bytes.length);
      }),
    );
  });
});

it("a verdict's frame says its length in either way", () => {
  assert.deepEqual([...verdictFrame(new Uint8Array(125)).subarray(0, 2)], [0x82, 125]);
  assert.deepEqual([...verdictFrame(new Uint8Array(300)).subarray(0, 4)], [0x82, 126, 1, 44]);
});

it("an upgrade is accepted as RFC 6455 §1.3 has it", () => {
  assert.match(
    switchingProtocols("dGhlIHNhbXBsZSBub25jZQ=="),
    /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/,
  );
});
