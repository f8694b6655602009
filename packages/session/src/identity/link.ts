/**
 * Invitation links `<origin>/i#<payload>` and contact links `<origin>/c#<payload>`. Everything secret is
 * in the fragment, which browsers never send. A checksum tells a link that was cut or mistyped from a
 * link that is no longer good.
 */
import {
  decode,
  encode,
  fixed,
  gateChallengeDigest,
  gateLimits,
  type InviteSecret,
  id,
  list,
  optional,
  rsaBytes,
  struct,
  text,
  tokenCodec,
  tokenType,
  u32,
  type ValueOf,
} from "@rempart/protocol";
import { ascii, concat, sameSecret } from "../bytes.ts";
import { contentLimits } from "../content/limits.ts";
import { decodeAs, encodeAs } from "../content/strict.ts";
import { SessionError } from "../errors.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { type ContactCard, compactCard, compactCardCodec, completeCard } from "./card.ts";

/** Lets somebody have an account on the server at `origin`, and meet the one who invited. */
export interface InvitationLink {
  readonly kind: "invitation";
  /** Scheme, host and port of the server: what `URL.origin` gives. */
  readonly origin: string;
  readonly inviteSecret: InviteSecret;
  /** Absent in an invitation that no account stands behind, such as the first of a server. */
  readonly contact?: ContactCard;
  /** What its maker calls himself, so that the other sees a name before he has heard from him. */
  readonly name?: string;
  /** Tokens of the gate, `tokensPerInviteMax` at most: who has a friend inside gets in without a puzzle. */
  readonly tokens?: readonly InviteToken[];
}

export interface InviteToken {
  /** The UTC day of the key that made it, since the Unix epoch. */
  readonly day: number;
  /** As a proof carries it, made for the challenge of Rempart's gates. */
  readonly token: Uint8Array;
}

/** Lets somebody who has an account write to the one on the card. */
export interface ContactLink {
  readonly kind: "contact";
  readonly origin: string;
  readonly contact: ContactCard;
  readonly name?: string;
}

export type Link = InvitationLink | ContactLink;

/** What is wrong with a link, for the message that a person sees. */
export type LinkFault =
  /** Not a link of Rempart at all. */
  | "not-a-link"
  /** A character is wrong, or some are missing. */
  | "damaged"
  /** Made by a newer version of the program. */
  | "unknown-version";

/** `ERR_LINK`. Its message never repeats the link. */
export class LinkError extends SessionError {
  readonly fault: LinkFault;

  constructor(fault: LinkFault, options?: ErrorOptions) {
    super("ERR_LINK", explanations[fault], options);
    this.name = "LinkError";
    this.fault = fault;
  }
}

const explanations: Record<LinkFault, string> = {
  "not-a-link": "this is not an invitation or contact link",
  damaged: "the link is damaged or incomplete: copy it again, to its very end",
  "unknown-version": "the link was made by a newer version",
};

/** Version 2 is an invitation that carries tokens; any other link is written as the first programs read it. */
const linkVersion = 1;
const tokensLinkVersion = 2;
const checksumBytes = 4;
/** An invitation with a card, a name and tokens is below 2,000 characters; the rest is the origin. Bounds what is parsed. */
const linkLengthMax = 2_304;
const paths = { invitation: "/i", contact: "/c" } as const;

const name = optional(text(contentLimits.profileNameBytesMax));
const invitationFields = { inviteSecret: id("InviteSecret"), contact: optional(compactCardCodec), name } as const;
const invitationCodec = struct(invitationFields);
/** A token without what all of them have in common. */
const compactToken = struct({ day: u32, nonce: fixed(32), keyId: fixed(32), authenticator: fixed(rsaBytes) });
const invitationWithTokensCodec = struct({
  ...invitationFields,
  tokens: list(compactToken, gateLimits.tokensPerInviteMax),
});
const contactCodec = struct({ contact: compactCardCodec, name });

/** The link as text. Throws `ERR_LINK` when the card is inconsistent or `origin` is not an origin. */
export async function formatLink(crypto: CryptoProvider, link: Link): Promise<string> {
  if (parseUrl(link.origin)?.origin !== link.origin) throw new LinkError("not-a-link");
  const version = hasTokens(link) ? tokensLinkVersion : linkVersion;
  const payload = concat(Uint8Array.of(version), await encodeLinkBody(crypto, link));
  const checksum = await checksumOf(crypto, link.kind, payload);
  return `${link.origin}${paths[link.kind]}#${toBase64url(concat(payload, checksum))}`;
}

async function encodeLinkBody(crypto: CryptoProvider, link: Link): Promise<Uint8Array> {
  const contact = link.contact && (await compactCard(crypto, link.contact));
  if (link.kind === "invitation") {
    const { inviteSecret, name, tokens = [] } = link;
    const fields = { inviteSecret, contact, name };
    if (!hasTokens(link)) return encodeAs("ERR_LINK", invitationCodec, fields);
    return encodeAs("ERR_LINK", invitationWithTokensCodec, { ...fields, tokens: tokens.map(compacted) });
  }
  if (contact === undefined) throw new LinkError("not-a-link");
  return encodeAs("ERR_LINK", contactCodec, { contact, name: link.name });
}

function hasTokens(link: Link): boolean {
  return link.kind === "invitation" && (link.tokens ?? []).length > 0;
}

function compacted({ day, token }: InviteToken): ValueOf<typeof compactToken> {
  const { nonce, keyId, authenticator } = decode(tokenCodec, token);
  return { day, nonce, keyId, authenticator };
}

function completed({ day, ...own }: ValueOf<typeof compactToken>): InviteToken {
  return { day, token: encode(tokenCodec, { ...own, tokenType, challengeDigest: gateChallengeDigest }) };
}

/** The link in a text that was pasted, spaces around it allowed. Throws {@link LinkError}. */
export async function parseLink(crypto: CryptoProvider, text: string): Promise<Link> {
  const { origin, kind, fragment } = splitLink(text);
  const bytes = fromBase64url(fragment);
  if (bytes === undefined || bytes.length <= checksumBytes) throw new LinkError("damaged");
  const payload = bytes.subarray(0, -checksumBytes);
  const checksum = await checksumOf(crypto, kind, payload);
  if (!sameSecret(checksum, bytes.subarray(-checksumBytes))) throw new LinkError("damaged");
  const version = payload[0];
  const isKnown = version === linkVersion || (version === tokensLinkVersion && kind === "invitation");
  if (!isKnown) throw new LinkError("unknown-version");
  return decodeLinkBody(crypto, { origin, kind, version, body: payload.subarray(1) });
}

function splitLink(text: string): { origin: string; kind: Link["kind"]; fragment: string } {
  const url = text.length <= linkLengthMax ? parseUrl(text.trim()) : undefined;
  const kind = url?.pathname === paths.invitation ? "invitation" : "contact";
  if (url === undefined || url.pathname !== paths[kind] || url.search !== "") throw new LinkError("not-a-link");
  return { origin: url.origin, kind, fragment: url.hash.slice(1) };
}

function parseUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  return url && isWeb && url.username === "" && url.password === "" ? url : undefined;
}

interface LinkBody {
  readonly origin: string;
  readonly kind: Link["kind"];
  readonly version: number;
  readonly body: Uint8Array;
}

async function decodeLinkBody(crypto: CryptoProvider, { origin, kind, version, body }: LinkBody): Promise<Link> {
  if (kind === "contact") {
    const { contact, name } = decodeAs("ERR_LINK", contactCodec, body);
    return { kind, origin, contact: await completeCard(crypto, contact), ...(name && { name }) };
  }
  const { inviteSecret, contact, name, tokens } = decodeInvitation(version, body);
  const card = contact && (await completeCard(crypto, contact));
  const own = { ...(card && { contact: card }), ...(name && { name }) };
  return { kind, origin, inviteSecret, ...own, ...(tokens.length > 0 && { tokens: tokens.map(completed) }) };
}

function decodeInvitation(version: number, body: Uint8Array) {
  if (version === linkVersion) return { ...decodeAs("ERR_LINK", invitationCodec, body), tokens: [] };
  const invitation = decodeAs("ERR_LINK", invitationWithTokensCodec, body);
  // One text for any invitation: without tokens it is of version 1.
  if (invitation.tokens.length === 0) throw new LinkError("damaged");
  return invitation;
}

/** Covers the kind as well, so that an `i` read as a `c` is noticed. */
async function checksumOf(crypto: CryptoProvider, kind: Link["kind"], payload: Uint8Array): Promise<Uint8Array> {
  const hash = await crypto.sha256(concat(ascii(`rempart ${kind} link\n`), payload));
  return hash.slice(0, checksumBytes);
}
