/**
 * The hosts by which clients may know this server, and to which their account proofs are bound. A `Host` header
 * is no evidence of them: a server that passes on a victim's proof sends the header that fits it.
 */
import { hostOf } from "@rempart/protocol";

/** Where a connection has arrived, as a `net.Socket` tells it. */
export interface Arrival {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

export class OwnHosts {
  readonly #configured: readonly string[];
  #last: { readonly address: string; readonly port: number; readonly hosts: readonly string[] } | undefined;

  /** `origins`: the addresses that the operator listed, such as `https://chat.example`. Throws a `TypeError` for what is none. */
  constructor(origins: readonly string[]) {
    this.#configured = origins.map(hostOf);
  }

  /**
   * The configured hosts and the address at which the connection arrived, which is also `localhost` where it is
   * this machine's own. Connections that arrive at one place share one array.
   */
  of({ localAddress, localPort }: Arrival): readonly string[] {
    // A connection that has been reset already has no address any more.
    if (localAddress === undefined || localPort === undefined) return this.#configured;
    const isLast = this.#last?.address === localAddress && this.#last.port === localPort;
    if (this.#last === undefined || !isLast) {
      const hosts = [...new Set([...this.#configured, ...hostsAt(localAddress, localPort)])];
      this.#last = { address: localAddress, port: localPort, hosts };
    }
    return this.#last.hosts;
  }
}

function hostsAt(localAddress: string, port: number): string[] {
  // A socket that takes both families writes IPv4 addresses in IPv6's way; IPv6 ones may name their interface.
  const address = localAddress.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  const names = [address.includes(":") ? `[${address}]` : address];
  if (address === "::1" || address.startsWith("127.")) names.push("localhost");
  return names.map((name) => hostOf(`http://${name}:${port}`));
}
