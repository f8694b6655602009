import { ProtocolError, type ReplyOf, type RequestOf } from "@rempart/protocol";
import type { TokenIssuer } from "../ports.ts";
import type { Caller } from "./caller.ts";

const hourMs = 3_600_000;

export async function tokenKeys(caller: Caller): Promise<ReplyOf<"tokenKeys">> {
  return issuerOf(caller).keys();
}

export async function tokensIssue(caller: Caller, body: RequestOf<"tokensIssue">): Promise<ReplyOf<"tokensIssue">> {
  const { accountId } = caller.requireAccount();
  const issuer = issuerOf(caller);
  caller.spend("token batch", { amountMax: caller.context.limits.tokenBatchesPerHourMax, periodMs: hourMs });
  return { signatures: await issuer.issue({ accountId, ...body }) };
}

function issuerOf({ context }: Caller): TokenIssuer {
  const { issuer, limits } = context;
  if (issuer === undefined) {
    throw new ProtocolError("ERR_BUSY", "this server issues no tokens just now", limits.tokensRetryAfterMs);
  }
  return issuer;
}
