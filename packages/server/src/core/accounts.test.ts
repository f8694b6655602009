import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { authOf, type InviteSecret, limits } from "@rempart/protocol";
import { serverLimits } from "../limits.ts";
import { connectTo, random, TestAccount, type TestClient } from "../testing/test-client.ts";
import { newWorld, range, refusal, signedIn, TestLog, type World } from "../testing/test-service.ts";

const minuteMs = 60_000;

async function invitation(
  client: TestClient,
  world: World,
  more: { role?: "admin" | "member"; uses?: number; lifetimeMs?: number } = {},
) {
  const { role = "member", uses = 1, lifetimeMs = minuteMs } = more;
  const inviteSecret = random("InviteSecret");
  const revokeKey = random("Capability");
  const expiresAt = world.clock.now() + lifetimeMs;
  await client.request("inviteCreate", {
    inviteAuth: authOf(inviteSecret),
    revokeAuth: authOf(revokeKey),
    uses,
    expiresAt,
    role,
  });
  return { inviteSecret, revokeKey };
}

describe("accounts and invitations", () => {
  it("[WR15] [WR18] register and authenticate need the account's signature over this connection's challenge and this server's host", async () => {
    const world = await newWorld();
    const client = await connectTo(world.service);
    const account = new TestAccount();
    const { accountId } = account;
    const inviteSecret = world.firstInvite;
    const register = (signature: Uint8Array) => client.request("register", { inviteSecret, accountId, signature });
    await refusal(register(new Uint8Array(64)), "ERR_SIGNATURE");
    await refusal(register(account.sign("authenticate", client)), "ERR_SIGNATURE");
    await refusal(
      register(account.sign("register", { host: client.host, challenge: new Uint8Array(32) })),
      "ERR_SIGNATURE",
    );
    const { challenge } = client;
    await refusal(register(account.sign("register", { challenge, host: "evil.example" })), "ERR_SIGNATURE");
    const noKey = { inviteSecret, accountId: random("AccountId").fill(0xff), signature: new Uint8Array(64) };
    await refusal(
      client.request("register", noKey as Parameters<typeof client.request<"register">>[1]),
      "ERR_SIGNATURE",
    );
    await refusal(account.authenticate(client), "ERR_NOT_FOUND");
    assert.deepEqual(await account.register(client, inviteSecret), { role: "admin" });
    assert.deepEqual(await account.authenticate(await connectTo(world.service)), { role: "admin" });
  });

  it("[WR20] an account that exists is signed in and spends nothing", async () => {
    const world = await newWorld();
    const admin = await signedIn(world);
    const { inviteSecret } = await invitation(admin, world, { uses: 2 });
    const account = new TestAccount();
    for (const _ of range(1, 3)) await account.register(await connectTo(world.service), inviteSecret);
    const client = await connectTo(world.service);
    assert.equal((await client.request("inviteStatus", { inviteSecret })).usesLeft, 1);
  });

  it("[WR20] members invite members, admins invite admins, and a revoked invitation is dead", async () => {
    const world = await newWorld();
    const admin = await signedIn(world);
    const member = await connectTo(world.service);
    await new TestAccount().register(member, (await invitation(admin, world)).inviteSecret);
    await refusal(invitation(member, world, { role: "admin" }), "ERR_DENIED");
    const { inviteSecret, revokeKey } = await invitation(member, world);
    await member.request("inviteRevoke", { revokeKey });
    await refusal(member.request("inviteStatus", { inviteSecret }), "ERR_INVITE_INVALID");
    await invitation(admin, world, { role: "admin" });
  });

  it("[WR20] an invitation has bounds", async () => {
    const world = await newWorld();
    const admin = await signedIn(world);
    await refusal(invitation(admin, world, { uses: 0 }), "ERR_QUOTA");
    await refusal(invitation(admin, world, { uses: limits.inviteUsesMax + 1 }), "ERR_QUOTA");
    await refusal(invitation(admin, world, { lifetimeMs: limits.inviteLifetimeMsMax + 1 }), "ERR_QUOTA");
    await refusal(invitation(admin, world, { lifetimeMs: 0 }), "ERR_INVITE_EXPIRED");
    const { inviteSecret } = await invitation(admin, world);
    world.clock.time += minuteMs;
    await refusal(admin.request("inviteStatus", { inviteSecret }), "ERR_INVITE_EXPIRED");
  });

  it("[WR23] guesses are counted, and allowed again after a minute, or when the clock goes back", async () => {
    const world = await newWorld();
    const client = await connectTo(world.service);
    const guess = (inviteSecret: InviteSecret = random("InviteSecret")) =>
      client.request("inviteStatus", { inviteSecret });
    const useUp = async () => {
      for (const _ of range(1, serverLimits.attemptsPerMinuteMax)) await refusal(guess(), "ERR_INVITE_INVALID");
      await refusal(guess(), "ERR_QUOTA");
    };
    await useUp();
    world.clock.time += minuteMs;
    await useUp();
    world.clock.time -= 10 * minuteMs;
    await refusal(guess(), "ERR_INVITE_INVALID");
  });

  it("[WR16] whatever belongs to an account needs one", async () => {
    const world = await newWorld();
    const client = await connectTo(world.service);
    const deviceId = random("DeviceId");
    const auths = { readAuth: authOf(random("Capability")), writeAuth: authOf(random("Capability")) };
    const asks = [
      invitation(client, world),
      TestLog.create(client),
      client.request("claimAuthsPut", { auths: [] }),
      client.request("profilePut", { bytes: new Uint8Array(1) }),
      client.request("keyPackagesPublish", { deviceId, suite: 1, packages: [], lastResort: undefined }),
      client.request("keyPackagesCount", { deviceId, suite: 1 }),
      client.request("deviceRemove", { deviceId }),
      client.request("blobCreate", { blobId: random("BlobId"), ...auths, size: 1, retentionSeconds: 0 }),
    ];
    await Promise.all(asks.map((ask) => refusal(ask, "ERR_NOT_AUTHENTICATED")));
  });

  it("[WR22] strangers with the claim key get each single-use key package once", async () => {
    const world = await newWorld();
    const client = await connectTo(world.service);
    const account = new TestAccount();
    const { accountId } = account;
    await account.register(client, world.firstInvite);
    const claimKey = random("Capability");
    await client.request("claimAuthsPut", { auths: [authOf(claimKey)] });
    await client.request("profilePut", { bytes: new Uint8Array([5]) });
    const packages = range(1, 8).map((number) => new Uint8Array(100).fill(number));
    const publish = { deviceId: random("DeviceId"), suite: 1, packages, lastResort: new Uint8Array([9]) };
    assert.deepEqual(await client.request("keyPackagesPublish", publish), { count: 8 });
    const claims = range(1, 12).map(async () => {
      const stranger = await connectTo(world.service);
      assert.deepEqual([...(await stranger.request("profileGet", { accountId, claimKey })).bytes], [5]);
      return (await stranger.request("keyPackagesClaim", { accountId, claimKey, suite: 1 })).packages;
    });
    const claimed = (await Promise.all(claims)).flat();
    const single = claimed.filter(({ isLastResort }) => !isLastResort).map(({ bytes }) => bytes[0]);
    assert.deepEqual(single.sort(), range(1, 8));
    assert.equal(claimed.length, 12);
  });

  it("[WR22] a claim of as many and as large packages as there may be fits a frame", async () => {
    const world = await newWorld();
    const client = await connectTo(world.service);
    const account = new TestAccount();
    await account.register(client, world.firstInvite);
    const claimKey = random("Capability");
    await client.request("claimAuthsPut", { auths: [authOf(claimKey)] });
    for (const _ of range(1, limits.devicesPerAccountMax)) {
      const lastResort = new Uint8Array(limits.keyPackageBytesMax);
      await client.request("keyPackagesPublish", { deviceId: random("DeviceId"), suite: 1, packages: [], lastResort });
    }
    const { packages } = await client.request("keyPackagesClaim", { accountId: account.accountId, claimKey, suite: 1 });
    assert.equal(packages.length, limits.devicesPerAccountMax);
  });

  it("[WR30] blobs go up in pieces and come down in ranges, with quotas per connection", async () => {
    const client = await signedIn(await newWorld({ limits: { blobBytesPerHourMax: 100_000 } }));
    const [blobId, readKey, writeKey] = [random("BlobId"), random("Capability"), random("Capability")];
    const create = (size: number) =>
      client.request("blobCreate", {
        blobId,
        readAuth: authOf(readKey),
        writeAuth: authOf(writeKey),
        size,
        retentionSeconds: 0,
      });
    await refusal(create(100_001), "ERR_QUOTA");
    await create(60_000);
    for (const offset of [0, 30_000]) {
      const bytes = new Uint8Array(30_000).fill(offset === 0 ? 1 : 2);
      await client.request("blobWrite", { blobId, writeKey, offset, bytes });
    }
    assert.deepEqual(await client.request("blobStat", { blobId, key: readKey }), { size: 60_000, stored: 60_000 });
    const { bytes } = await client.request("blobRead", { blobId, readKey, offset: 29_999, length: 2 });
    assert.deepEqual([...bytes], [1, 2]);
    await client.request("blobDelete", { blobId, writeKey });
    await refusal(client.request("blobStat", { blobId, key: readKey }), "ERR_DENIED");
  });
});
