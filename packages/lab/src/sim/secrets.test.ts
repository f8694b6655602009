import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "./random.ts";
import { plaintextMark, SecretRegister } from "./secrets.ts";

test("[I5] a key, a phrase and a marked text are found wherever they stand in a frame", () => {
  const random = new Random("secrets");
  const register = new SecretRegister();
  const key = random.bytes(32);
  register.addKey(key);
  register.addText("twelve words of a phrase");
  for (const at of [0, 1, 500, 968]) {
    const frame = random.bytes(1_000);
    assert.equal(register.find(frame), undefined);
    frame.set(key, at);
    assert.equal(register.find(frame), "a private key");
  }
  assert.equal(register.find(Buffer.from(`…twelve words of a phrase…`)), "a recovery phrase");
  assert.equal(register.find(Buffer.from(`…${plaintextMark} 7…`)), "a marked plaintext");
});

test("[I5] most of a key is not the key", () => {
  const random = new Random("part");
  const register = new SecretRegister();
  const key = random.bytes(32);
  register.addKey(key);
  assert.equal(register.find(key.subarray(0, 31)), undefined);
  assert.equal(register.find(key.subarray(1)), undefined);
});
