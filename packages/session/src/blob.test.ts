import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decryptBlob, encryptBlob, paddedLength } from "./blob.ts";
import { rejectsWith, testCrypto } from "./testing/testkit.ts";

const crypto = testCrypto("blob");

test("[SN30] a blob opens with its reference to what was sealed, at any size", async () => {
  const edges = [0, 1, 262_135, 262_136, 262_137, 600_000];
  for (const length of edges) {
    const content = crypto.entropy.randomBytes(length);
    const { reference, ciphertext } = await encryptBlob(crypto, content);
    assert.equal(ciphertext.length, reference.size);
    assert.deepEqual(await decryptBlob(crypto, reference, ciphertext), content);
  }
});

test("[SN31] the padded length grows with the length and by at most 12 %", () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 2 ** 40 }), (length) => {
      const padded = paddedLength(length);
      assert.ok(padded >= length && padded <= length * 1.12);
      assert.ok(paddedLength(length + 1) >= padded);
      assert.equal(paddedLength(padded), padded);
    }),
  );
});

test("[SN32] an altered, cut or swapped blob is refused", async () => {
  const { reference, ciphertext } = await encryptBlob(crypto, crypto.entropy.randomBytes(600_000));
  const altered = ciphertext.slice();
  altered[300_000] = (altered[300_000] ?? 0) ^ 1;
  await rejectsWith(decryptBlob(crypto, reference, altered), "ERR_BLOB");
  await rejectsWith(decryptBlob(crypto, reference, ciphertext.subarray(1)), "ERR_BLOB");
  // Even where size and hash are made to fit.
  const variants = [altered, ciphertext.subarray(262_160), ciphertext.subarray(0, 262_160), ciphertext.subarray(0, 5)];
  for (const variant of [...variants, new Uint8Array()]) {
    const fitting = { ...reference, size: variant.length, hash: await crypto.sha256(variant) };
    await rejectsWith(decryptBlob(crypto, fitting, variant), "ERR_BLOB");
  }
  await rejectsWith(decryptBlob(crypto, { ...reference, key: new Uint8Array(32) }, ciphertext), "ERR_BLOB");
});
