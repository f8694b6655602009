/** Welcomes, once the commit that they belong to is in the log. */
import { asId, fromHex, toHex } from "@rempart/protocol";
import { type ContactEntry, contactLimits, encryptBlob, type Payload, sealContactEntry } from "@rempart/session";
import type { Engine } from "../engine/engine.ts";
import { newEntryId } from "../engine/identity.ts";
import { ClientError } from "../errors.ts";
import { type NewUpload, newUpload } from "../files/uploads.ts";
import type { CommitRow } from "../store/commits.ts";
import type { Delivery } from "../store/deliveries.ts";
import { logIdOf } from "../store/logs.ts";
import type { Placed } from "../sync/group-log.ts";

export interface PreparedDelivery {
  readonly delivery: Omit<Delivery, "id">;
  /** Shared by several deliveries: comes with the first of them. */
  readonly upload?: NewUpload;
}

/** How an account's contact log is written to. */
export interface Reach {
  readonly account: string;
  readonly logId: Uint8Array;
  readonly writeKey: Uint8Array;
  /** X-Wing, from the verified profile. */
  readonly sealKey: Uint8Array;
  /** Of the link through which we know the account. */
  readonly linkSecret: Uint8Array;
}

/** One entry per account that the commit has added; and, where it has made a group of two, a note of that to itself. */
export async function prepareWelcomes(
  engine: Engine,
  placed: Placed,
  { welcome, detail }: CommitRow,
): Promise<readonly PreparedDelivery[]> {
  const { log, entry, chain } = placed;
  if (welcome === undefined) return [];
  const { payload, upload } = await payloadOf(engine, welcome);
  const own = engine.own();
  const join = { logId: logIdOf(log), fromSeq: entry.seq + 1, chain: chain.length > 0 ? chain : new Uint8Array(32) };
  const deliveries: PreparedDelivery[] = [];
  for (const account of detail.welcomed) {
    const reach = knownReach(engine, account);
    const content: ContactEntry = {
      kind: "welcome",
      sender: own.keys.accountId,
      senderName: engine.tables.meta.get("name") ?? "",
      senderCard: own.card,
      linkSecret: reach.linkSecret,
      welcome: payload,
      join,
    };
    const prepared = await prepareContactEntry(engine, reach, content, upload?.row.blob);
    const delivery = { ...prepared, chat: log };
    deliveries.push(deliveries.length === 0 && upload !== undefined ? { delivery, upload } : { delivery });
  }
  const helper = placed.group.epoch === 0 ? detail.welcomed.find((account) => account !== own.account) : undefined;
  if (helper !== undefined) {
    const accountId = asId("AccountId", fromHex(helper));
    const note: ContactEntry = { kind: "founded", sender: own.keys.accountId, helper: accountId, join };
    deliveries.push({ delivery: await prepareContactEntry(engine, knownReach(engine, own.account), note) });
  }
  return deliveries;
}

/** Bytes for a contact entry: inside it, or in a blob when they are too many. */
export async function payloadOf(engine: Engine, bytes: Uint8Array): Promise<{ payload: Payload; upload?: NewUpload }> {
  if (bytes.length <= contactLimits.inlineBytesMax) return { payload: { kind: "inline", bytes } };
  const blob = await encryptBlob(engine.crypto, bytes);
  return { payload: { kind: "blob", blob: blob.reference }, upload: newUpload(engine, blob) };
}

/** Seals an entry for an account's contact log. */
export async function prepareContactEntry(
  engine: Engine,
  reach: Reach,
  content: ContactEntry,
  upload?: string,
): Promise<Omit<Delivery, "id">> {
  const recipient = {
    accountId: asId("AccountId", fromHex(reach.account)),
    logId: asId("LogId", reach.logId),
    sealKey: reach.sealKey,
  };
  const bytes = await sealContactEntry(engine.crypto, engine.own().signer, recipient, content);
  return {
    log: toHex(reach.logId),
    writeKey: reach.writeKey,
    entryId: newEntryId(engine.crypto),
    bytes,
    ...(upload !== undefined && { upload }),
  };
}

/** How to reach an account whose profile has been fetched before, or one's own. Throws `ERR_NOT_FOUND`. */
export function knownReach(engine: Engine, account: string): Reach {
  const own = engine.own();
  if (account === own.account) {
    const { contactLog, linkSecret } = own.card;
    return { account, ...contactLog, sealKey: own.keys.contactSeal.publicKey, linkSecret };
  }
  const person = engine.tables.people.get(account);
  if (person?.card === undefined || person.sealKey === undefined) {
    throw new ClientError("ERR_NOT_FOUND", "this account's contact log is not known");
  }
  return { account, ...person.card.contactLog, sealKey: person.sealKey, linkSecret: person.card.linkSecret };
}
