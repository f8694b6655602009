/** Welcomes, once the commit that they belong to is in the log; and before it, a note of whom it adds. */
import { asId, type Capability, fromHex, idBytes, toHex } from "@rempart/protocol";
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
import type { CommitRow } from "../store/commits.ts";
import type { NewDelivery } from "../store/deliveries.ts";
import { logIdOf } from "../store/logs.ts";

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
  /** What is, or refers to, the `MLSMessage`-framed Welcome. */
  readonly welcome: Payload;
  /** How those whom it goes to are reached. */
  readonly welcomed: readonly Reach[];
}

/** One entry per account that the commit has added, siblings first. */
export async function prepareWelcomes(
  engine: Engine,
  { log, seq, chain, welcome, welcomed }: PlacedWelcome,
): Promise<readonly NewDelivery[]> {
  const own = engine.own();
  const join = { logId: logIdOf(log), fromSeq: seq + 1, chain };
  const upload = welcome.kind === "blob" ? toHex(welcome.blob.blobId) : undefined;
  const deliveries: NewDelivery[] = [];
  for (const reach of [...welcomed].sort(
    (a, b) => Number(b.account === own.account) - Number(a.account === own.account),
  )) {
    const content: ContactEntry = {
      kind: "welcome",
      sender: own.keys.accountId,
      senderName: engine.tables.meta.get("name") ?? "",
      senderCard: own.card,
      linkSecret: reach.linkSecret,
      welcome,
      join,
    };
    deliveries.push({ ...(await prepareContactEntry(engine, reach, content, upload)), chat: log });
  }
  return deliveries;
}

/** What a commit that adds others needs before it may be sent. */
export interface PreparedNote {
  readonly delivery: NewDelivery;
  readonly welcome: Payload;
  readonly upload?: NewUpload;
}

/** This device's note to itself of whom a commit is to add, in the account's own contact log. */
export async function prepareNote(
  engine: Engine,
  commit: Pick<CommitRow, "log" | "epoch" | "entryId"> & {
    readonly readKey: Capability;
    /** `MLSMessage`-framed. */
    readonly welcome: Uint8Array;
    readonly welcomed: readonly string[];
  },
): Promise<PreparedNote> {
  const { log, epoch, entryId, readKey, welcomed } = commit;
  const own = engine.own();
  const inlineBytesMax = contactLimits.noteBytesMax - idBytes.AccountId * welcomed.length;
  const { payload: welcome, upload } = await payloadOf(engine, commit.welcome, inlineBytesMax);
  const note: ContactEntry = {
    kind: "adding",
    sender: own.keys.accountId,
    deviceId: own.device.deviceId,
    groupId: logIdOf(log),
    epoch,
    entryId,
    readKey,
    welcome,
    welcomed: welcomed.map((account) => asId("AccountId", fromHex(account))),
    helpers: await cardsOf(engine, welcomed),
  };
  const delivery = await prepareContactEntry(engine, knownReach(engine, own.account), note, upload?.row.blob);
  return { delivery, welcome, ...(upload && { upload }) };
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
export async function payloadOf(
  engine: Engine,
  bytes: Uint8Array,
  inlineBytesMax: number = contactLimits.inlineBytesMax,
): Promise<{ payload: Payload; upload?: NewUpload }> {
  if (bytes.length <= inlineBytesMax) return { payload: { kind: "inline", bytes } };
  const blob = await encryptBlob(engine.crypto, bytes);
  return { payload: { kind: "blob", blob: blob.reference }, upload: newUpload(engine, blob) };
}

/** Seals an entry for an account's contact log. */
export async function prepareContactEntry(
  engine: Engine,
  reach: Reach,
  content: ContactEntry,
  upload?: string,
): Promise<NewDelivery> {
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
