import {
  type AccountId,
  accountProof,
  ProtocolError,
  type ReplyOf,
  type RequestOf,
  limits as wireLimits,
} from "@rempart/protocol";
import type { Caller } from "./caller.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export async function register(caller: Caller, body: RequestOf<"register">): Promise<ReplyOf<"register">> {
  const { store, clock } = caller.context;
  const { accountId } = body;
  spendAttempt(caller);
  requireProof(caller, "register", body);
  const inviteAuth = caller.context.authOf(body.inviteSecret);
  const { role } = await store.submit("accountRegister", { accountId, inviteAuth, now: clock.now() });
  caller.signIn({ accountId, role });
  return { role };
}

export async function authenticate(caller: Caller, body: RequestOf<"authenticate">): Promise<ReplyOf<"authenticate">> {
  const { accountId } = body;
  spendAttempt(caller);
  requireProof(caller, "authenticate", body);
  const { role } = await caller.context.store.submit("accountFind", { accountId });
  if (role === undefined) throw new ProtocolError("ERR_NOT_FOUND", "this server has no such account");
  caller.signIn({ accountId, role });
  return { role };
}

/** Guessing a secret, and making the server verify signatures, has to cost connections. */
function spendAttempt(caller: Caller): void {
  caller.spend("attempt", { amountMax: caller.context.limits.attemptsPerMinuteMax, periodMs: minuteMs });
}

function requireProof(
  caller: Caller,
  use: "register" | "authenticate",
  { accountId, signature }: { accountId: AccountId; signature: Uint8Array },
): void {
  const { challenge, hosts, context } = caller;
  const fits = hosts.some((host) => {
    const message = accountProof(use, { challenge, host, accountId });
    return context.crypto.verify({ publicKey: accountId, message, signature });
  });
  if (!fits) {
    throw new ProtocolError(
      "ERR_SIGNATURE",
      "the signature does not fit the account, or names an address that this server is not known by",
    );
  }
}

export async function inviteCreate(caller: Caller, body: RequestOf<"inviteCreate">): Promise<ReplyOf<"inviteCreate">> {
  const { store, clock, limits } = caller.context;
  const { role } = caller.requireAccount();
  if (body.role === "admin" && role !== "admin") {
    throw new ProtocolError("ERR_DENIED", "only an admin invites admins");
  }
  const lifetimeMs = body.expiresAt - clock.now();
  if (lifetimeMs <= 0) throw new ProtocolError("ERR_INVITE_EXPIRED", "the invitation would have expired already");
  if (body.uses === 0 || body.uses > wireLimits.inviteUsesMax || lifetimeMs > wireLimits.inviteLifetimeMsMax) {
    throw new ProtocolError("ERR_QUOTA", "an invitation has 1 to 1,000 uses and lives for a year at most");
  }
  caller.spend("invite", { amountMax: limits.invitesPerHourMax, periodMs: hourMs });
  return store.submit("inviteCreate", body);
}

export async function inviteStatus(caller: Caller, body: RequestOf<"inviteStatus">): Promise<ReplyOf<"inviteStatus">> {
  const { store, clock } = caller.context;
  spendAttempt(caller);
  return store.submit("inviteFind", { inviteAuth: caller.context.authOf(body.inviteSecret), now: clock.now() });
}

export async function inviteRevoke(caller: Caller, body: RequestOf<"inviteRevoke">): Promise<ReplyOf<"inviteRevoke">> {
  spendAttempt(caller);
  return caller.context.store.submit("inviteRevoke", { revokeAuth: caller.context.authOf(body.revokeKey) });
}

export async function claimAuthsPut(
  caller: Caller,
  { auths }: RequestOf<"claimAuthsPut">,
): Promise<ReplyOf<"claimAuthsPut">> {
  const { accountId } = caller.requireAccount();
  return caller.context.store.submit("claimAuthsPut", { accountId, auths });
}

export async function profilePut(caller: Caller, { bytes }: RequestOf<"profilePut">): Promise<ReplyOf<"profilePut">> {
  const { accountId } = caller.requireAccount();
  return caller.context.store.submit("profilePut", { accountId, bytes });
}

export async function profileGet(caller: Caller, body: RequestOf<"profileGet">): Promise<ReplyOf<"profileGet">> {
  const { accountId, claimKey } = body;
  return caller.context.store.submit("profileGet", { accountId, claimAuth: caller.context.authOf(claimKey) });
}

export async function keyPackagesPublish(
  caller: Caller,
  { deviceId, suite, packages, lastResort }: RequestOf<"keyPackagesPublish">,
): Promise<ReplyOf<"keyPackagesPublish">> {
  const { accountId } = caller.requireAccount();
  const { crypto, store } = caller.context;
  const withDigest = (bytes: Uint8Array) => ({ bytes, digest: crypto.sha256(bytes) });
  return store.submit("keyPackagesPublish", {
    device: { accountId, deviceId, suite },
    packages: packages.map(withDigest),
    lastResort: lastResort === undefined ? undefined : withDigest(lastResort),
  });
}

export async function keyPackagesCount(
  caller: Caller,
  { deviceId, suite }: RequestOf<"keyPackagesCount">,
): Promise<ReplyOf<"keyPackagesCount">> {
  const { accountId } = caller.requireAccount();
  return caller.context.store.submit("keyPackagesCount", { device: { accountId, deviceId, suite } });
}

export async function keyPackagesClaim(
  caller: Caller,
  { accountId, claimKey, suite }: RequestOf<"keyPackagesClaim">,
): Promise<ReplyOf<"keyPackagesClaim">> {
  const { store, limits } = caller.context;
  caller.spend("claim", { amountMax: limits.claimsPerHourMax, periodMs: hourMs });
  return store.submit("keyPackagesClaim", { accountId, claimAuth: caller.context.authOf(claimKey), suite });
}

export async function deviceRemove(
  caller: Caller,
  { deviceId }: RequestOf<"deviceRemove">,
): Promise<ReplyOf<"deviceRemove">> {
  const { accountId } = caller.requireAccount();
  return caller.context.store.submit("deviceRemove", { accountId, deviceId });
}
