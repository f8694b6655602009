import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ErrorCode, encodeRequest, ProtocolError } from "@rempart/protocol";
import { serverLimits } from "../limits.ts";
import { LocalBus } from "../platform/local-bus.ts";
import { MemoryStore } from "../platform/memory-store.ts";
import { systemCrypto, systemEntropy } from "../platform/node-ports.ts";
import type { TokenAsk, TokenIssuer } from "../ports.ts";
import { connectTo, random, TestAccount } from "../testing/test-client.ts";
import { TestClock } from "../testing/test-service.ts";
import { Service } from "./service.ts";

const batchBytes = 32 * 256;
const refused = (code: ErrorCode) => (error: unknown) => error instanceof ProtocolError && error.code === code;

async function newWorld({ issues = true } = {}) {
  const asks: TokenAsk[] = [];
  const issuer: TokenIssuer = {
    keys: () => ({ today: 7, keys: [{ day: 7, modulus: new Uint8Array(256).fill(0xff) }] }),
    async issue(ask) {
      asks.push(ask);
      return ask.blinded.map((byte) => byte + 1);
    },
  };
  const store = new MemoryStore();
  const ports = { store, bus: new LocalBus(), clock: new TestClock(), entropy: systemEntropy, crypto: systemCrypto };
  const service = new Service(issues ? { ...ports, issuer } : ports);
  const client = await connectTo(service);
  const firstInvite = (await service.createFirstInvite()) ?? assert.fail();
  const account = new TestAccount();
  return { asks, client, signIn: () => account.register(client, firstInvite) };
}

const body = () => ({ deviceId: random("DeviceId"), day: 7, blinded: new Uint8Array(batchBytes).fill(3) });

describe("requests for tokens", () => {
  it("[GT31] tell everybody the keys, signed in or not", async () => {
    const { client } = await newWorld();
    const { today, keys } = await client.request("tokenKeys", {});
    assert.equal(today, 7);
    assert.deepEqual(
      keys.map(({ day, modulus }) => [day, modulus.length]),
      [[7, 256]],
    );
  });

  it("[GT30] are for accounts: the issuer hears which", async () => {
    const { client, asks, signIn } = await newWorld();
    await assert.rejects(client.request("tokensIssue", body()), refused("ERR_NOT_AUTHENTICATED"));
    await signIn();
    const { signatures } = await client.request("tokensIssue", body());
    assert.deepEqual(signatures, new Uint8Array(batchBytes).fill(4));
    assert.equal(asks.length, 1);
    assert.equal(asks[0]?.accountId.length, 32);
  });

  it("[GT32] carry exactly a day's batch, or end the connection", async () => {
    const { client, asks, signIn } = await newWorld();
    await signIn();
    const whole = encodeRequest("tokensIssue", 99, body());
    await assert.rejects(client.sendRaw(whole.subarray(0, -256), 99), refused("ERR_MALFORMED"));
    assert.equal(client.closeCode, 1002);
    assert.equal(asks.length, 0);
  });

  it("are few per connection: each costs a signing thread", async () => {
    const { client, asks, signIn } = await newWorld();
    await signIn();
    for (let i = 0; i < serverLimits.tokenBatchesPerHourMax; i++) await client.request("tokensIssue", body());
    await assert.rejects(client.request("tokensIssue", body()), refused("ERR_QUOTA"));
    assert.equal(asks.length, serverLimits.tokenBatchesPerHourMax);
  });

  it("are answered as busy where no tokens are issued", async () => {
    const { client, signIn } = await newWorld({ issues: false });
    await assert.rejects(client.request("tokenKeys", {}), refused("ERR_BUSY"));
    await signIn();
    await assert.rejects(client.request("tokensIssue", body()), refused("ERR_BUSY"));
  });
});
