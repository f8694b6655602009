import type { Child } from "../process/child.ts";

/** How a rival is set up for a siege, as far as it is the rival's own business. */
export interface SiegeOptions {
  /** Paths of an ECDSA P-256 certificate and its key; plain text if absent. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** With the package's limits, or with those that its own means allow. */
  readonly isHardened: boolean;
  /** It sees one address, a proxy's, whoever comes: limits by address would be limits for everybody. */
  readonly isBehindProxy: boolean;
}

/** A rival that runs. */
export interface Rival {
  readonly child: Child;
  readonly port: number;
  /** What hardens it, and what its acknowledgement means. */
  readonly note: string;
}

/** Where everybody signs in: honest clients and those of the attackers who are members. */
export const siegeAccount = { user: "lab", password: "lab" } as const;

/** Accepted connections that wait, for every subject alike. */
export const backlog = 4_096;

/** Limits of the hardened set-ups, the same for all of them where they have the means. */
export const hardened = {
  connectionsMax: 8_000,
  /** Seconds until somebody has signed in. */
  signInSeconds: 5,
  /** Bytes of one message. */
  messageBytesMax: 65_536,
} as const;
