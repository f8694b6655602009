import type { AccountId, ServerRole } from "@rempart/protocol";
import type { Budget } from "./allowance.ts";
import type { Context } from "./context.ts";

/** Who has proved to be at the other end. In memory only. */
export interface SignedIn {
  readonly accountId: AccountId;
  readonly role: ServerRole;
}

/** The connection, as the requests see it. */
export interface Caller {
  readonly context: Context;
  /** What `hello` gave the client to sign. */
  readonly challenge: Uint8Array;
  /** The hosts by which the client may know this server: it signs one of them with the challenge. */
  readonly hosts: readonly string[];
  /** Throws `ERR_NOT_AUTHENTICATED` when nobody has signed in. */
  requireAccount(): SignedIn;
  signIn(account: SignedIn): void;
  /** Throws `ERR_QUOTA` when this connection has used up the budget. */
  spend(name: string, budget: Budget, amount?: number): void;
}
