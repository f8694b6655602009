import type { Random } from "../../random.ts";

/** How a session is opened: properly, from a page elsewhere, with far too large a head, or at a place that does not exist. */
export type OpeningKind = "plain" | "foreign" | "huge" | "elsewhere";

/** What a wire shows when it is asked who it is. */
export type Showing =
  /** Something that is refused: forged, malformed, a wrong password. Another kind each time. */
  | { readonly kind: "wrong" }
  /** Nothing at all, in so many words. */
  | { readonly kind: "nothing" }
  /** Something valid, to be had from the supplies by number: a token, an account of a rival. */
  | { readonly kind: "supply"; readonly index: number }
  /** Bytes that are a proof already. */
  | { readonly kind: "proof"; readonly bytes: Uint8Array };

/** What is heard on one wire. */
export interface Heard {
  opened?(): void;
  website?(): void;
  /** `proof` bytes that came with it, such as tickets, as the subject encodes them. */
  admitted?(tickets: readonly Uint8Array[]): void;
  /** `puzzle`: what a newcomer may solve. */
  refused?(puzzle?: { readonly seed: Uint8Array; readonly effort: number }): void;
  /** Something else of the subject's: an answer, a push. */
  answered?(): void;
}

/** Takes the content of one wire, in whatever pieces it comes. */
export type Ear = (bytes: Buffer) => void;

/** What the attackers have to know of a subject's protocol: bytes, and what the answers to them mean. */
export interface Dialect {
  opening(kind: OpeningKind, random: Random): Buffer;
  /** What follows an opening. It may be sent with it, without waiting. */
  showing(showing: Showing, random: Random): Buffer;
  ear(heard: Heard): Ear;
  /** What has to be said first by whoever was admitted. */
  welcome(random: Random): Buffer;
  /** So many of the cheapest questions that the protocol has. */
  pings(count: number): Buffer;
  /** A message in pieces of one byte, never finished. */
  crumbs(count: number): Buffer;
  /** Something that claims to be far larger than it is, or has far more pieces than it may; another kind each time. */
  bomb(random: Random): Buffer;
  /** Asks for much, to be left unread. `undefined` where there is nothing to ask for. */
  greed(): Buffer | undefined;
}
