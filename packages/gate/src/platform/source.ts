import { isIPv4 } from "node:net";
import type { Source } from "../core/types.ts";

/** Groups of an IPv6 address that name its /48. */
const groupsOfPrefix = 3;

/** Where a connection comes from, in the gate's terms. `networkOf` is asked once; 0 stands for an unknown network. */
export function sourceOf(remoteAddress: string, networkOf: (address: string) => number): Source {
  // A socket that takes both families writes IPv4 addresses in IPv6's way; IPv6 ones may name their interface.
  const plain = remoteAddress.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (isIPv4(plain)) {
    const prefix = `${plain.slice(0, plain.lastIndexOf("."))}.0/24`;
    return { address: plain, prefix, network: networkOf(plain) };
  }
  const address = shortest(plain);
  return { address, prefix: prefixOf(address), network: networkOf(address) };
}

/** The one way of writing it (RFC 5952), which is how the URL standard writes hosts. */
function shortest(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function prefixOf(address: string): string {
  const [front = "", back] = address.split("::");
  const groups = front === "" ? [] : front.split(":");
  const rest = back === undefined || back === "" ? [] : back.split(":");
  const zeros = back === undefined ? 0 : 8 - groups.length - rest.length;
  const all = [...groups, ...Array<string>(zeros).fill("0"), ...rest];
  return `${shortest(`${all.slice(0, groupsOfPrefix).join(":")}::`)}/48`;
}
