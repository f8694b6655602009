/** The proxies whose word counts on where a connection comes from. */
import { BlockList, isIP } from "node:net";

/** An entry that is no address range. */
export class ProxyRangeError extends Error {
  readonly code = "ERR_PROXY_RANGE";

  constructor(range: string) {
    super(`"${range}" is no address and no range such as 10.0.0.0/8`);
  }
}

/** Hops of `X-Forwarded-For` that are looked at, from the last. */
const hopsMax = 16;

export class Proxies {
  readonly #listed = new BlockList();
  readonly #isEmpty: boolean;

  /** `ranges`: addresses and CIDR ranges. Throws {@link ProxyRangeError}. */
  constructor(ranges: readonly string[]) {
    this.#isEmpty = ranges.length === 0;
    for (const range of ranges) this.#add(range);
  }

  has(address: string): boolean {
    if (this.#isEmpty) return false;
    const family = isIP(address);
    return family !== 0 && this.#listed.check(address, family === 4 ? "ipv4" : "ipv6");
  }

  /**
   * Who is behind a listed proxy: the last hop of its `X-Forwarded-For` that is no listed proxy itself. What stands
   * before that was written by whoever is there, and can say anything. `undefined` without a usable one.
   */
  clientIn(forwardedFor: string | undefined): string | undefined {
    const hops = (forwardedFor ?? "").split(",").slice(-hopsMax);
    for (const hop of hops.reverse()) {
      const address = addressOf(hop.trim());
      if (address === undefined) return undefined;
      if (!this.has(address)) return address;
    }
    return undefined;
  }

  #add(range: string): void {
    const [address = "", bits, ...rest] = range.split("/");
    const family = isIP(address);
    const bitsMax = family === 4 ? 32 : 128;
    const prefix = bits === undefined ? bitsMax : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (family === 0 || rest.length > 0 || !(prefix <= bitsMax)) throw new ProxyRangeError(range);
    this.#listed.addSubnet(address, prefix, family === 4 ? "ipv4" : "ipv6");
  }
}

/** Some proxies add the port. */
function addressOf(hop: string): string | undefined {
  if (isIP(hop) !== 0) return hop;
  const bare = /^\[([0-9a-f:.]+)\](?::\d{1,5})?$/i.exec(hop)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(hop)?.[1];
  return bare !== undefined && isIP(bare) !== 0 ? bare : undefined;
}
