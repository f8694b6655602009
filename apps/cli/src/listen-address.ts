/** Addresses on the server's command line. */
import { CliError } from "./failure.ts";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8080`, `[::1]:8080`, `example.org:80`, `:8080` or `8080` (both: this machine only). */
export function parseListenAddress(option: string, text: string): ListenAddress {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new CliError("ERR_USAGE", `${option} takes HOST:PORT, such as 127.0.0.1:8080, not "${text}"`);
  }
  return { host: match[1] ?? (match[2] || "127.0.0.1"), port };
}

/** An `http` or `https` address without a path. Throws `ERR_USAGE`. */
export function parseOrigin(text: string): string {
  const url = URL.parse(text);
  const isOrigin =
    url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && `${url.search}${url.hash}` === "";
  if (!isOrigin || url.username !== "") {
    throw new CliError("ERR_USAGE", `--public-url takes an address such as https://chat.example, not "${text}"`);
  }
  return url.origin;
}
