import { isIPv4 } from "node:net";
import { LabError } from "../lab-error.ts";

/** Where the subject of an attack listens. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** With TLS; hostile and honest clients accept the certificate of the run and no other matters. */
  readonly isTls: boolean;
}

/** The one gate between the lab and the world: throws `ERR_USAGE` unless `host` is an address of 127.0.0.0/8. */
export function requireLoopback(host: string): void {
  if (isIPv4(host) && host.startsWith("127.")) return;
  throw new LabError("ERR_USAGE", `the lab attacks only addresses of 127.0.0.0/8, not "${host}"`);
}
