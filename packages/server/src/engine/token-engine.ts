/** The issuer's keys and what each device was granted, as they are decided inside one transaction. */
import { gateLimits, limits, ProtocolError, sameBytes, tokenDayOf } from "@rempart/protocol";
import type { AnswerOf, AskOf } from "../store-operations.ts";
import type { Tables } from "./tables.ts";

/** A batch may be asked for again on the day after: it was asked for at midnight, and the answer was lost. */
const repeatDays = 1;

/** An ended key is known for one more day, so that its tokens are refused as expired and not as foreign. */
const endedKeyDays = 1;

/** Adds a key where its day has none, and drops what is of no use any more. */
export function addTokenKey(tables: Tables, { today, ...key }: AskOf<"tokenKeyAdd">): AnswerOf<"tokenKeyAdd"> {
  tables.tokenKeys.forgetPrivateBefore(Math.max(0, today - repeatDays));
  tables.tokenKeys.removeBefore(Math.max(0, today - gateLimits.tokenDaysKept - endedKeyDays));
  tables.tokenKeys.insert(key);
  return {};
}

/** A batch names what is signed: the same one again gives nobody more than the first time. */
export function grantTokens(tables: Tables, ask: AskOf<"tokensGrant">): AnswerOf<"tokensGrant"> {
  const { accountId, deviceId, day, batch, today } = ask;
  const granted = tables.grants.find(ask);
  if (granted !== undefined) {
    if (!sameBytes(granted, batch)) throw new ProtocolError("ERR_QUOTA", "this device has had its tokens of that day");
    return {};
  }
  if (day !== today) throw new ProtocolError("ERR_EXPIRED", "tokens are issued with the key of today");
  if (!tables.keyPackages.devices(accountId).some((known) => sameBytes(known, deviceId))) {
    throw new ProtocolError("ERR_DENIED", "the account has no such device");
  }
  // Devices can be removed and added; what they were granted stays counted.
  if (tables.grants.count(accountId, day) >= limits.devicesPerAccountMax) {
    throw new ProtocolError(
      "ERR_QUOTA",
      `at most ${limits.devicesPerAccountMax} batches of tokens per account and day`,
    );
  }
  tables.grants.insert({ accountId, deviceId, day }, batch);
  return {};
}

/** The first day whose grants are still needed at `now`. */
export function keepsGrantsFrom(now: number): number {
  return Math.max(0, tokenDayOf(now) - repeatDays);
}
