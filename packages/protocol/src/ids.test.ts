import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ProtocolError } from "./errors.ts";
import { asId, fromHex, idBytes, sameBytes, toHex } from "./ids.ts";
import { limits } from "./limits.ts";
import { accountProof, authOf, hostOf } from "./proofs.ts";

const isMalformed = (error: unknown) => error instanceof ProtocolError && error.code === "ERR_MALFORMED";

describe("ids", () => {
  it("have their length", () => {
    for (const [name, length] of Object.entries(idBytes) as [keyof typeof idBytes, number][]) {
      assert.equal(asId(name, new Uint8Array(length)).length, length);
      assert.throws(() => asId(name, new Uint8Array(length + 1)), isMalformed);
    }
  });

  it("are written and read as lower-case hexadecimal", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => sameBytes(fromHex(toHex(bytes)), bytes)));
    for (const bad of ["a", "AB", "zz", "0x", " 00"]) assert.throws(() => fromHex(bad), isMalformed);
  });

  it("compare by content", () => {
    assert.ok(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
    assert.ok(!sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
    assert.ok(!sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3)));
  });
});

describe("[WR15] proofs", () => {
  const challenge = new Uint8Array(32).fill(1);
  const accountId = asId("AccountId", new Uint8Array(32).fill(2));

  it("are one line, the challenge, the host behind its length, and the account", () => {
    const line = Buffer.from("rempart register v1\n").toString("hex");
    const host = `0000000c${Buffer.from("chat.example").toString("hex")}`;
    const proof = accountProof("register", { challenge, host: "chat.example", accountId });
    assert.equal(toHex(proof), `${line}${"01".repeat(32)}${host}${"02".repeat(32)}`);
  });

  it("refuse a challenge of another length, and a host that no address has", () => {
    const short = { challenge: challenge.subarray(1), host: "chat.example", accountId };
    assert.throws(() => accountProof("register", short), RangeError);
    const long = { challenge, host: "x".repeat(limits.hostBytesMax + 1), accountId };
    assert.throws(() => accountProof("register", long), { code: "ERR_TOO_LARGE" });
  });

  it("name the host in lower case, and a port only if it is not the scheme's own", () => {
    assert.equal(hostOf("https://Chat.Example"), "chat.example");
    assert.equal(hostOf("https://chat.example:443"), "chat.example");
    assert.equal(hostOf("http://127.0.0.1:8080"), "127.0.0.1:8080");
    assert.equal(hostOf("http://[::1]:8080"), "[::1]:8080");
    assert.throws(() => hostOf("chat.example"), TypeError);
  });

  it("a hash is SHA-256", () => {
    const abc = new TextEncoder().encode("abc");
    assert.equal(toHex(authOf(abc)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});
