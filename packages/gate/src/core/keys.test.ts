import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { toHex } from "@rempart/protocol";
import fc from "fast-check";
import { deriveKey, hmacSha256 } from "./keys.ts";
import { nodeCrypto, secret } from "./testing/fakes.ts";

describe("keys", () => {
  it("are derived with HMAC-SHA256 as RFC 4231 (case 2) and Node know it", () => {
    const text = new TextEncoder();
    const mac = hmacSha256(nodeCrypto, text.encode("Jefe"), text.encode("what do ya want for nothing?"));
    assert.equal(toHex(mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 200 }), (key, message) => {
        const expected = createHmac("sha256", key).update(message).digest("hex");
        return toHex(hmacSha256(nodeCrypto, key, message)) === expected;
      }),
    );
    assert.throws(() => hmacSha256(nodeCrypto, new Uint8Array(65), new Uint8Array(1)), RangeError);
  });

  it("are all different, by use, index and secret, and the same again for the same", () => {
    const other = secret.map((byte) => byte ^ 1);
    const keys = [secret, other].flatMap((each) =>
      (["ticket key", "work seed"] as const).flatMap((use) =>
        [0, 1, 20_616].map((index) => toHex(deriveKey(nodeCrypto, each, { use, index }))),
      ),
    );
    assert.equal(new Set(keys).size, keys.length);
    assert.equal(toHex(deriveKey(nodeCrypto, secret, { use: "ticket key", index: 1 })), keys[1]);
  });
});
