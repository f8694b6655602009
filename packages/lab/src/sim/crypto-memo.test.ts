import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "@rempart/session";
import { nodeProvider } from "@rempart/session/provider/node";
import { CryptoMemo } from "./crypto-memo.ts";

/** A provider that counts what reaches it. */
function counted(): { readonly provider: CryptoProvider; readonly calls: { verify: number; open: number } } {
  const plain = nodeProvider();
  const calls = { verify: 0, open: 0 };
  const provider: CryptoProvider = {
    ...plain,
    ed25519: {
      ...plain.ed25519,
      verify: (...signed) => {
        calls.verify++;
        return plain.ed25519.verify(...signed);
      },
    },
    sealedBox: {
      ...plain.sealedBox,
      open: (box) => {
        calls.open++;
        return plain.sealedBox.open(box);
      },
    },
  };
  return { provider, calls };
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("a signature is checked once for all devices, and anew for everything that is not the same", async () => {
  const { provider, calls } = counted();
  const memo = new CryptoMemo();
  const [one, other] = [memo.share(provider), memo.share(provider)];
  const seed = new Uint8Array(32).fill(7);
  const [key, signature] = [await one.ed25519.publicKey(seed), await one.ed25519.sign(seed, bytes("said"))];
  assert.equal(await one.ed25519.verify(key, bytes("said"), signature), true);
  assert.equal(await other.ed25519.verify(key, bytes("said"), signature), true);
  assert.equal(calls.verify, 1);
  assert.equal(await other.ed25519.verify(key, bytes("not said"), signature), false);
  assert.equal(await other.ed25519.verify(new Uint8Array(32).fill(1), bytes("said"), signature), false);
  assert.equal(calls.verify, 3);
});

test("a box opens to what was put into it, and to nothing when it was tampered with", async () => {
  const { provider, calls } = counted();
  const memo = new CryptoMemo();
  const [one, other] = [memo.share(provider), memo.share(provider)];
  const { publicKey, privateKey } = await one.sealedBox.keyPair(new Uint8Array(32).fill(9));
  const info = bytes("info");
  const sealed = await one.sealedBox.seal({ publicKey, info, plaintext: bytes("put in") });
  assert.deepEqual(await other.sealedBox.open({ privateKey, sealed, info }), bytes("put in"));
  assert.equal(calls.open, 0);
  assert.deepEqual(await provider.sealedBox.open({ privateKey, sealed, info }), bytes("put in"));
  const ciphertext = sealed.ciphertext.slice();
  ciphertext[0] = (ciphertext[0] ?? 0) ^ 1;
  await assert.rejects(other.sealedBox.open({ privateKey, sealed: { ...sealed, ciphertext }, info }));
  await assert.rejects(other.sealedBox.open({ privateKey, sealed, info: bytes("other info") }));
});
