import type { Random } from "../random.ts";

/**
 * Who is who among the loopback's sixteen million addresses. Every honest client has a /24 of its own; the attackers
 * have {@link hostileRange}, in which every /16 is a network of an invented country.
 */
const honestFirst = { A: 8, B: 16, C: 24, D: 32, crowd: 40 } as const;
export type HonestRange = keyof typeof honestFirst;

/** Second octets of hostile sources, both ends included. */
export const hostileRange = { first: 64, last: 191 } as const;

/** The address of the honest client with this index: one /24 each. */
export function honestSource(range: HonestRange, index: number): string {
  const block = honestFirst[range] + Math.floor(index / 256);
  return `127.${block}.${index % 256}.7`;
}

/** An address out of the attackers' range: about 8 million of them, 32,768 prefixes. */
export function hostileSource(random: Random): string {
  const { first, last } = hostileRange;
  return `127.${random.between(first, last)}.${random.between(0, 255)}.${random.between(1, 254)}`;
}

/** The same address each time for the same `index`: one of a few persistent attackers, each in its own network. */
export function attackerSource(index: number): string {
  const { first, last } = hostileRange;
  return `127.${first + (index % (last - first + 1))}.${Math.floor(index / 128) % 256}.66`;
}

/** Where an address of the loopback is registered in the lab's make-believe table. */
export interface InventedPlace {
  /** A code that ISO 3166 leaves to its users. */
  readonly country: string;
  /** A number that is set aside for documentation or private use. */
  readonly network: number;
}

const homeNetwork = 64_496;
const firstHostileNetwork = 64_512;

/** Every /16 of the attackers is a network of its own, and 26 invented countries have them in turn; everybody else lives in one. */
export function placeOf(address: string): InventedPlace {
  const block = Number(address.split(".")[1]);
  if (block < hostileRange.first || block > hostileRange.last) return { country: "QM", network: homeNetwork };
  const index = block - hostileRange.first;
  return { country: `X${String.fromCharCode(65 + (index % 26))}`, network: firstHostileNetwork + index };
}
