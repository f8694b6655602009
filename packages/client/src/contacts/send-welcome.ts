/** Welcomes, once the commit that they belong to is in the log. */
import { asId, fromHex, toHex } from "@rempart/protocol";
import {
  type CompactCard,
  type ContactEntry,
  compactCard,
  contactLimits,
  encryptBlob,
  type Payload,
  sealContactEntry,
} from "@rempart/session";
import type { Engine } from "../engine/engine.ts";
import { newEntryId } from "../engine/identity.ts";
import { ClientError } from "../errors.ts";
import { type NewUpload, newUpload } from "../files/uploads.ts";
import type { Delivery } from "../store/deliveries.ts";
import { logIdOf } from "../store/logs.ts";

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

/** A Welcome, and where the commit that it belongs to stands. */
export interface PlacedWelcome {
  readonly log: string;
  readonly seq: number;
  /** Chain hash after the commit; empty while the chain is not known. */
  readonly chain: Uint8Array;
  /** `MLSMessage`-framed Welcome. */
  readonly welcome: Uint8Array;
  /** Accounts that it goes to. */
  readonly welcomed: readonly string[];
}

/**
 * One entry per account that the commit has added, and a note to this account itself of whom that was. Siblings are
 * welcomed before the note, others after it: from when others know of the group, it can be found again after a backup
 * was restored.
 */
export async function prepareWelcomes(
  engine: Engine,
  { log, seq, chain, welcome, welcomed }: PlacedWelcome,
): Promise<readonly PreparedDelivery[]> {
  const { payload, upload } = await payloadOf(engine, welcome);
  const own = engine.own();
  const join = { logId: logIdOf(log), fromSeq: seq + 1, chain };
  const welcomeTo = async (account: string): Promise<Omit<Delivery, "id">> => {
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
    return { ...(await prepareContactEntry(engine, reach, content, upload?.row.blob)), chat: log };
  };
  const deliveries: Omit<Delivery, "id">[] = [];
  const others = welcomed.filter((account) => account !== own.account);
  if (others.length < welcomed.length) deliveries.push(await welcomeTo(own.account));
  const helpers = await cardsOf(engine, others);
  if (helpers.length > 0) {
    const note: ContactEntry = { kind: "added", sender: own.keys.accountId, helpers, join };
    const reach = knownReach(engine, own.account);
    // It waits for the upload as well, or it would overtake the siblings' Welcome.
    deliveries.push(await prepareContactEntry(engine, reach, note, upload?.row.blob));
  }
  for (const account of others) deliveries.push(await welcomeTo(account));
  return deliveries.map((delivery, index) =>
    index === 0 && upload !== undefined ? { delivery, upload } : { delivery },
  );
}

/** Queues what was prepared. Call it in a transaction, and kick deliveries and uploads after it. */
export function addDeliveries(engine: Engine, prepared: readonly PreparedDelivery[]): void {
  for (const { delivery, upload } of prepared) {
    engine.tables.deliveries.add(delivery);
    if (upload !== undefined) engine.tables.uploads.add(upload.row, upload.ciphertext);
  }
}

/** How the first few of these accounts are reached, as a note to this account alone: a contact's card is not passed on. */
async function cardsOf(engine: Engine, accounts: readonly string[]): Promise<readonly CompactCard[]> {
  const cards: CompactCard[] = [];
  for (const account of accounts.slice(0, contactLimits.helpersMax)) {
    const card = engine.tables.people.get(account)?.card;
    if (card !== undefined) cards.push(await compactCard(engine.crypto, card));
  }
  return cards;
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
