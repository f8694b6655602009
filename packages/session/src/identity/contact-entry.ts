/** What is written to a contact log: its content as a union of four kinds, and the codec of that. */
import {
  type AccountId,
  bytes,
  type Capability,
  type DeviceId,
  type EntryId,
  fixed,
  id,
  type LogId,
  list,
  optional,
  sameBytes,
  struct,
  text,
  u53,
  union,
  type ValueOf,
} from "@rempart/protocol";
import { blobReferenceCodec } from "../blob.ts";
import { joinPointCodec } from "../content/shapes.ts";
import { decodeAs, encodeAs } from "../content/strict.ts";
import { SessionError } from "../errors.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import type { BlobReference, JoinPoint } from "../types.ts";
import {
  type CompactCard,
  type ContactCard,
  compactCard,
  compactCardCodec,
  completeCard,
  linkSecretBytes,
} from "./card.ts";

/** Limits of contact entries, with unit and reason. */
export const contactLimits = {
  /** UTF-16 units of a name: what a list of chats can show. */
  nameUnitsMax: 128,
  /** UTF-8 bytes of a name of that many units. */
  nameBytesMax: 384,
  /** Payload inside the entry; leaves room in the largest entry for the seal (1,137) and the rest (below 900). */
  inlineBytesMax: 46_080,
  /** Payload inside a note of whom a commit adds, and the ids that it names: leaves room for the seal and eight cards. */
  noteBytesMax: 44_000,
  /** Accounts that such a note names: as many as a commit can add. */
  welcomedMax: 1_000,
  /** Cards that a refusal or a note names: whoever is asked for help is asked together with as many. */
  helpersMax: 8,
} as const;

/** Bytes inside the entry, or in a blob that was uploaded before it. */
export type Payload =
  | { readonly kind: "inline"; readonly bytes: Uint8Array }
  | { readonly kind: "blob"; readonly blob: BlobReference };

/** Takes the recipient into a group: a message request when the two have never met. */
export interface WelcomeEntry {
  readonly kind: "welcome";
  readonly sender: AccountId;
  /** What the sender calls himself: at most 128 UTF-16 units, never to be trusted for more than display. */
  readonly senderName: string;
  /** How to reach the sender in turn. */
  readonly senderCard: ContactCard;
  /** Of the recipient's link that the sender used, if he came by a link. */
  readonly linkSecret?: Uint8Array;
  /** `MLSMessage`-framed Welcome. */
  readonly welcome: Payload;
  readonly join: JoinPoint;
}

/** A device that has lost its place in a group asks another member for what an external commit needs. */
export interface RejoinRequest {
  readonly kind: "rejoin-request";
  readonly sender: AccountId;
  readonly senderCard: ContactCard;
  readonly deviceId: DeviceId;
  readonly groupId: LogId;
  /** 16 random bytes, repeated by the answer. */
  readonly nonce: Uint8Array;
}

/** The answer: for an account that is still a member, which the answering member checks; or word that there is no help. */
export interface RejoinKit {
  readonly kind: "rejoin-kit";
  readonly sender: AccountId;
  /** The device of the sender that answers: siblings may know different groups. */
  readonly deviceId: DeviceId;
  readonly groupId: LogId;
  readonly nonce: Uint8Array;
  /** What the MLS part gave for a rejoin; opaque here. Without bytes: the sender or the asking account has left. */
  readonly kit: Payload;
  readonly join: JoinPoint;
  /** Without bytes: others who were members with both of them, and may still be. At most 8. */
  readonly others: readonly CompactCard[];
}

/**
 * A device's note to itself, written before the commit that it is about is sent: whom that adds to a group, and what they
 * have to be told if the log accepts it. A device that is restored from an older backup reads the note again, welcomes
 * whom it may not have welcomed, and learns of the group and of who may help it back in.
 */
export interface AddingEntry {
  readonly kind: "adding";
  readonly sender: AccountId;
  readonly deviceId: DeviceId;
  readonly groupId: LogId;
  /** The epoch that the commit ends, the commit's entry id, and what reads the log up to it. */
  readonly epoch: number;
  readonly entryId: EntryId;
  readonly readKey: Capability;
  /** `MLSMessage`-framed Welcome, and the accounts that it goes to: at most 1,000. */
  readonly welcome: Payload;
  readonly welcomed: readonly AccountId[];
  /** Of those who are added, how they are reached. At most 8. */
  readonly helpers: readonly CompactCard[];
}

export type ContactEntry = WelcomeEntry | RejoinRequest | RejoinKit | AddingEntry;

export const contactNonceBytes = 16;

const payloadCodec = union({
  inline: struct({ bytes: bytes(contactLimits.inlineBytesMax) }),
  blob: struct({ blob: blobReferenceCodec }),
});

const bodyCodec = union({
  welcome: struct({
    sender: id("AccountId"),
    senderName: text(contactLimits.nameBytesMax),
    senderCard: compactCardCodec,
    linkSecret: optional(fixed(linkSecretBytes)),
    welcome: payloadCodec,
    join: joinPointCodec,
  }),
  "rejoin-request": struct({
    sender: id("AccountId"),
    senderCard: compactCardCodec,
    deviceId: id("DeviceId"),
    groupId: id("LogId"),
    nonce: fixed(contactNonceBytes),
  }),
  "rejoin-kit": struct({
    sender: id("AccountId"),
    deviceId: id("DeviceId"),
    groupId: id("LogId"),
    nonce: fixed(contactNonceBytes),
    kit: payloadCodec,
    join: joinPointCodec,
    others: list(compactCardCodec, contactLimits.helpersMax),
  }),
  adding: struct({
    sender: id("AccountId"),
    deviceId: id("DeviceId"),
    groupId: id("LogId"),
    epoch: u53,
    entryId: id("EntryId"),
    readKey: id("Capability"),
    welcome: payloadCodec,
    welcomed: list(id("AccountId"), contactLimits.welcomedMax),
    helpers: list(compactCardCodec, contactLimits.helpersMax),
  }),
});
type Body = ValueOf<typeof bodyCodec>;

/** The body that is signed. Throws `ERR_CONTENT` when something is too large, `ERR_LINK` for a bad card. */
export async function encodeContactBody(crypto: CryptoProvider, entry: ContactEntry): Promise<Uint8Array> {
  return encodeAs("ERR_CONTENT", bodyCodec, await toBody(crypto, entry));
}

async function toBody(crypto: CryptoProvider, entry: ContactEntry): Promise<Body> {
  if (entry.kind === "rejoin-kit" || entry.kind === "adding") return entry;
  checkCard(entry);
  const senderCard = await compactCard(crypto, entry.senderCard);
  if (entry.kind === "rejoin-request") return { ...entry, senderCard };
  checkName(entry.senderName);
  return { ...entry, senderCard, linkSecret: entry.linkSecret };
}

/** Throws `ERR_CONTENT` when malformed, `ERR_CREDENTIAL` when the card is not the sender's own. */
export async function decodeContactBody(crypto: CryptoProvider, encoded: Uint8Array): Promise<ContactEntry> {
  const body = decodeAs("ERR_CONTENT", bodyCodec, encoded);
  if (body.kind === "rejoin-kit" || body.kind === "adding") return body;
  const senderCard = await completeCard(crypto, body.senderCard);
  checkCard({ sender: body.sender, senderCard });
  if (body.kind === "rejoin-request") return { ...body, senderCard };
  const { linkSecret, ...rest } = body;
  checkName(body.senderName);
  return { ...rest, senderCard, ...(linkSecret && { linkSecret }) };
}

function checkName(name: string): void {
  const isGood = name.length <= contactLimits.nameUnitsMax && name.isWellFormed();
  if (!isGood) throw new SessionError("ERR_CONTENT", `a name is at most ${contactLimits.nameUnitsMax} UTF-16 units`);
}

function checkCard({ sender, senderCard }: Pick<WelcomeEntry, "sender" | "senderCard">): void {
  if (!sameBytes(sender, senderCard.accountId)) {
    throw new SessionError("ERR_CREDENTIAL", "a contact entry with somebody else's card");
  }
}
