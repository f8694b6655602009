/** What we ask of nft, as the JSON of libnftables-json(5). Only new connections are ever dropped: who is inside stays. */
import { isIPv4, isIPv6 } from "node:net";
import { nftablesLimits as limits } from "./limits.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

export interface RulesetOptions {
  /** The listening ports. */
  readonly ports: readonly number[];
  /** Prefixes of proxies in front, which carry the connections of many: neither denied nor metered. */
  readonly trusted: readonly string[];
}

/** What changes in the sets of denied prefixes: `198.51.100.0/24` and `2001:db8:1::/48`. */
export interface DenialChanges {
  /** Denied for so long, from now; one that was denied already gets the new time. */
  readonly deny: readonly { readonly prefix: string; readonly seconds: number }[];
  readonly forgive: readonly string[];
}

const table = { family: "inet", name: "rempart" };
const inTable = { family: "inet", table: "rempart" };

/** Replaces whatever table of ours there is, in one transaction. */
export function installCommands({ ports, trusted }: RulesetOptions): Json {
  return {
    nftables: [
      // Deleting what is not there would fail the whole transaction.
      { add: { table } },
      { delete: { table } },
      { add: { table } },
      ...["denied", "rate"].map((name) => ({ add: { counter: { ...inTable, name } } })),
      ...families.flatMap((family) => [
        addSet(`denied${family.number}`, { type: family.type, flags: ["timeout"], size: limits.setElements }),
        addSet(`rates${family.number}`, {
          type: family.type,
          flags: ["timeout"],
          size: limits.setElements,
          timeout: limits.rateSeconds,
        }),
      ]),
      { add: { chain: { ...inTable, name: "input", type: "filter", hook: "input", prio: -10, policy: "accept" } } },
      ...rules({ ports, trusted }).map((expr) => ({ add: { rule: { ...inTable, chain: "input", expr } } })),
    ],
  };
}

export const removeCommands: Json = { nftables: [{ add: { table } }, { delete: { table } }] };

/** `undefined` when nothing changes. */
export function changeCommands({ deny, forgive }: DenialChanges): Json | undefined {
  const nftables = families.flatMap((family): Json[] => {
    const isOwn = (prefix: string) => isDeniable(prefix) && isIPv6(addressOf(prefix)) === family.isV6;
    const set = { ...inTable, name: `denied${family.number}` };
    const timed = deny
      .filter(({ prefix }) => isOwn(prefix))
      .map(({ prefix, seconds }) => ({ elem: { val: addressOf(prefix), timeout: seconds } }));
    const ended = forgive.filter(isOwn).map(addressOf);
    const touched = [...timed.map(({ elem }) => elem.val), ...ended];
    if (touched.length === 0) return [];
    const add = timed.length === 0 ? [] : [{ add: { element: { ...set, elem: timed } } }];
    // An element that is there keeps its old time: it has to be taken out first, and only what is there can be.
    return [
      { add: { element: { ...set, elem: touched } } },
      { delete: { element: { ...set, elem: touched } } },
      ...add,
    ];
  });
  return nftables.length === 0 ? undefined : { nftables };
}

/** A whole /24 of IPv4 or /48 of IPv6: what the sets are made of. */
export function isDeniable(prefix: string): boolean {
  const [address = "", bits] = prefix.split("/");
  return isIPv4(address) ? bits === "24" : isIPv6(address) && bits === "48";
}

const families = [
  // Denied is the prefix that the gate judges; metered is what one subscriber has.
  {
    number: 4,
    isV6: false,
    type: "ipv4_addr",
    protocol: "ip",
    prefixMask: "255.255.255.0",
    hostMask: "255.255.255.255",
  },
  {
    number: 6,
    isV6: true,
    type: "ipv6_addr",
    protocol: "ip6",
    prefixMask: "ffff:ffff:ffff::",
    hostMask: "ffff:ffff:ffff:ffff::",
  },
] as const;

function addSet(name: string, options: { readonly [name: string]: Json }): Json {
  return { add: { set: { ...inTable, name, ...options } } };
}

function prefixElement(prefix: string): Json {
  const [addr = "", bits] = prefix.split("/");
  return bits === undefined ? addr : { prefix: { addr, len: Number(bits) } };
}

function addressOf(prefix: string): string {
  return prefix.split("/", 1)[0] ?? "";
}

function rules({ ports, trusted }: RulesetOptions): Json[][] {
  const tcp = (field: string): Json => ({ payload: { protocol: "tcp", field } });
  const source = (protocol: string): Json => ({ payload: { protocol, field: "saddr" } });
  const flags: Json = { "&": [tcp("flags"), ["fin", "syn", "rst", "ack"]] };
  const [accept, drop]: readonly [Json, Json] = [{ accept: null }, { drop: null }];
  const rate: Json = { rate: limits.ratePerSecond, per: "second", burst: limits.rateBurst, inv: true };
  return [
    [{ match: { op: "!=", left: tcp("dport"), right: { set: ports } } }, accept],
    [{ match: { op: "!=", left: flags, right: "syn" } }, accept],
    // Rules rather than a set: nft refuses a set of prefixes of which one holds another.
    ...trusted.map((prefix): Json[] => {
      const protocol = isIPv6(addressOf(prefix)) ? "ip6" : "ip";
      return [{ match: { op: "==", left: source(protocol), right: prefixElement(prefix) } }, accept];
    }),
    ...families.flatMap(({ number, protocol, prefixMask, hostMask }): Json[][] => {
      const prefix: Json = { "&": [source(protocol), prefixMask] };
      const host: Json = { "&": [source(protocol), hostMask] };
      return [
        [{ match: { op: "==", left: prefix, right: `@denied${number}` } }, { counter: "denied" }, drop],
        [
          { set: { op: "update", elem: host, set: `@rates${number}`, stmt: [{ limit: rate }] } },
          { counter: "rate" },
          drop,
        ],
      ];
    }),
  ];
}
