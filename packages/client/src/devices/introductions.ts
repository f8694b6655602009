/**
 * Who other people are, as members tell newcomers of a group and devices tell new ones of their account: a name,
 * and the card by which a fellow member is asked for help. It is others' word, and counts only until the people
 * themselves are heard.
 */
import { toHex } from "@rempart/protocol";
import { cardBytes, decodeCard } from "@rempart/session";
import { cleanName } from "../contacts/welcome.ts";
import type { Engine } from "../engine/engine.ts";
import { clientLimits } from "../limits.ts";
import { encodeJson } from "../remote/json.ts";
import type { Person } from "../store/people.ts";

export interface Introduction {
  /** Hexadecimal account id. */
  readonly account: string;
  /** Empty when it is not known. */
  readonly name: string;
  /** An encoded card. */
  readonly card?: Uint8Array;
}

/** What this device can say of other people; nothing of those of whom it knows nothing. */
export function introductionsOf(people: readonly Person[]): readonly Introduction[] {
  const known = people.filter(({ name, reach }) => name !== "" || reach !== undefined);
  return known.map(({ account, name, reach }) => ({ account, name, ...(reach && { card: reach }) }));
}

/** The same with the cards of the first `cardsToldMax` only. */
export function withFewCards(all: readonly Introduction[]): readonly Introduction[] {
  let cards = 0;
  return all.map(({ account, name, card }) => {
    if (card === undefined || ++cards > clientLimits.cardsToldMax) return { account, name };
    return { account, name, card };
  });
}

/** So many together that a record holds them. */
export function recordsOf(all: readonly Introduction[]): readonly (readonly Introduction[])[] {
  const records: Introduction[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of all) {
    const size = new TextEncoder().encode(encodeJson(one)).length + 1;
    bytes += size;
    if (bytes > clientLimits.introductionsBytesMax) {
      records.push([]);
      bytes = size;
    }
    records.at(-1)?.push(one);
  }
  return records;
}

/** What a record says, without what is no introduction and without a card that is not of the account it is for. */
export function readIntroductions(list: unknown): readonly Introduction[] {
  if (!Array.isArray(list)) return [];
  const read: Introduction[] = [];
  for (const entry of list as readonly unknown[]) {
    if (typeof entry !== "object" || entry === null) continue;
    const { account, name, card } = entry as Readonly<Record<string, unknown>>;
    if (typeof account !== "string" || typeof name !== "string" || !/^[0-9a-f]{64}$/.test(account)) continue;
    const isCard = card instanceof Uint8Array && isCardOf(account, card);
    read.push({ account, name: cleanName(name), ...(isCard && { card }) });
  }
  return read;
}

function isCardOf(account: string, card: Uint8Array): boolean {
  return card.length === cardBytes && toHex(decodeCard(card).accountId) === account;
}

/** Takes an introduction for what it is worth. Call it in a transaction; answers whether a name is new. */
export function acquaint(engine: Engine, { account, name, card }: Introduction): boolean {
  const { people } = engine.tables;
  if (account === engine.own().account) return false;
  if (card !== undefined && people.get(account)?.reach === undefined) people.setReach(account, card);
  return people.learnName(account, name);
}
