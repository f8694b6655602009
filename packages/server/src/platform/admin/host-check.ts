/**
 * Which `Host` a request may name. A page in the operator's browser could otherwise reach this port under a name of its
 * own that it lets point here (DNS rebinding). Addresses are safe: a name is what the trick needs.
 */
import { isIP } from "node:net";

export interface HostCheck {
  /** The `Host` header. */
  readonly host: string | undefined;
  /** The address at which the connection arrived. */
  readonly localAddress: string | undefined;
  /** The host that the operator told the server to listen on. */
  readonly listed: string;
}

export function isKnownHost({ host, localAddress, listed }: HostCheck): boolean {
  const name = nameOf(host ?? "");
  if (name === undefined) return false;
  if (name === "localhost" || name === listed.toLowerCase()) return true;
  return isIP(name) !== 0 && (isLoopback(name) || name === plain(localAddress ?? ""));
}

/** `localhost:8081` → `localhost`, `[::1]:8081` → `::1`; `undefined` when it is neither a name nor an address. */
function nameOf(host: string): string | undefined {
  const [, v6, name] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (v6 ?? name)?.toLowerCase();
}

function isLoopback(address: string): boolean {
  return address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

function plain(address: string): string {
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}
