/** The issuer of a server on Node, and what the gate needs of it: one key ring between the two, and nothing else. */
import type { SpentSet, TokenVerifier } from "@rempart/gate";
import { Issuer } from "../issuer/issuer.ts";
import { KeyRing } from "../issuer/key-ring.ts";
import { StoreSpentSet } from "../issuer/store-spent-set.ts";
import { RsaTokenVerifier } from "../issuer/token-verifier.ts";
import type { ServerLimits } from "../limits.ts";
import type { Clock, Store, TokenIssuer } from "../ports.ts";
import { NodeTokenRsa } from "./issuer-rsa.ts";
import { systemCrypto } from "./node-ports.ts";

export interface TokenOfficeOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Whether the gate's mode is normal: tokens are issued then only. */
  readonly isQuiet: () => boolean;
  readonly report: (error: unknown) => void;
  readonly limits?: Partial<ServerLimits>;
}

export interface TokenOffice {
  /** For `ServicePorts`. */
  readonly issuer: TokenIssuer;
  /** For the gate. */
  readonly verifier: TokenVerifier;
  readonly spent: SpentSet;
  /** For the shell to call about once a second: makes the keys of today and tomorrow. Never rejects. */
  tick(): Promise<void>;
  /** Before the store is closed. */
  close(): Promise<void>;
}

/** Reads the keys that are kept; `tick` makes those that are missing. Rejects when the store cannot be read. */
export async function openTokenOffice(options: TokenOfficeOptions): Promise<TokenOffice> {
  const { store, clock, isQuiet, report, limits = {} } = options;
  const rsa = new NodeTokenRsa();
  const keyRing = new KeyRing({ store, clock, rsa, report });
  await keyRing.load();
  return {
    issuer: new Issuer({ store, crypto: systemCrypto, rsa, keyRing, isQuiet, limits }),
    verifier: new RsaTokenVerifier({ keyRing, rsa }),
    spent: new StoreSpentSet(store),
    tick: () => keyRing.tick(),
    async close() {
      await keyRing.settled();
      await rsa.close();
    },
  };
}
