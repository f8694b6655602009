/** Every operation of the store, over rows that somebody else keeps. */
import { storeLimits } from "../limits.ts";
import type { AnswerOf, AskOf, StoreOperationName } from "../store-operations.ts";
import { createBlob, deleteBlob, readBlob, statBlob, writeBlob } from "./blob-engine.ts";
import {
  claimKeyPackages,
  createFirstInvite,
  createInvite,
  findInvite,
  getProfile,
  publishKeyPackages,
  putClaimAuths,
  putProfile,
  registerAccount,
  revokeInvite,
} from "./directory-engine.ts";
import { append, createLog, readLogs } from "./log-engine.ts";
import type { Tables } from "./tables.ts";
import { addTokenKey, grantTokens, keepsGrantsFrom } from "./token-engine.ts";

type Run<N extends StoreOperationName> = (tables: Tables, ask: AskOf<N>) => AnswerOf<N>;

const runs: { readonly [N in StoreOperationName]: Run<N> } = {
  logCreate: createLog,
  append,
  logsRead: readLogs,
  sweep,
  accountRegister: registerAccount,
  accountFind: (tables, { accountId }) => ({ role: tables.accounts.find(accountId) }),
  inviteFirst: createFirstInvite,
  inviteCreate: createInvite,
  inviteFind: findInvite,
  inviteRevoke: revokeInvite,
  claimAuthsPut: putClaimAuths,
  profilePut: putProfile,
  profileGet: getProfile,
  keyPackagesPublish: publishKeyPackages,
  keyPackagesCount: (tables, { device }) => ({ count: tables.keyPackages.count(device) }),
  keyPackagesClaim: claimKeyPackages,
  deviceRemove(tables, { accountId, deviceId }) {
    tables.keyPackages.removeDevice(accountId, deviceId);
    return {};
  },
  blobCreate: createBlob,
  blobWrite: writeBlob,
  blobStat: statBlob,
  blobRead: readBlob,
  blobDelete: deleteBlob,
  tokenKeysRead: (tables) => ({ keys: tables.tokenKeys.all() }),
  tokenKeyAdd: addTokenKey,
  tokensGrant: grantTokens,
  spend: (tables, { id, expiresAt }) => ({ isFresh: tables.spent.insert(id, expiresAt) }),
};

/**
 * Runs one operation inside the caller's transaction. Throws a `ProtocolError` before it has changed
 * anything, or whatever the tables throw: the caller then rolls back.
 */
export function runOperation<N extends StoreOperationName>(tables: Tables, name: N, ask: AskOf<N>): AnswerOf<N> {
  return runs[name](tables, ask);
}

/** A piece of a blob is some fifty times as large as an entry: it counts as that many rows. */
const rowsPerBlobChunk = 16;

function sweep(tables: Tables, ask: AskOf<"sweep">): AnswerOf<"sweep"> {
  const { now, rowsMax } = ask;
  const invites = tables.invites.removeExpired({ before: now - storeLimits.expiredInviteKeptMs, rowsMax });
  const chunks = tables.blobs.removeExpired({ now, rowsMax: Math.max(1, Math.floor(rowsMax / rowsPerBlobChunk)) });
  const spent = tables.spent.removeExpired({ before: now - storeLimits.spentKeptMs, rowsMax });
  const grants = tables.grants.removeBefore({ day: keepsGrantsFrom(now), rowsMax });
  const { cursor, removed } = tables.logs.sweep(ask);
  return { cursor, removed: removed + invites + spent + grants + chunks * rowsPerBlobChunk };
}

/** Operations that change nothing: a batch of only these needs no commit. */
export const readOnlyOperations: ReadonlySet<StoreOperationName> = new Set([
  "logsRead",
  "accountFind",
  "inviteFind",
  "profileGet",
  "keyPackagesCount",
  "blobStat",
  "blobRead",
  "tokenKeysRead",
]);
