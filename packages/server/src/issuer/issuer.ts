/**
 * Gives each device of each account its tokens of the day: one batch, of the same size for everybody, in quiet times.
 * It sees who asks and signs what it cannot read; whoever verifies sees what was signed and not who asked.
 */
import { ProtocolError, type ReplyOf, rsaBytes } from "@rempart/protocol";
import { type ServerLimits, serverLimits } from "../limits.ts";
import type { Crypto, Store, TokenAsk, TokenIssuer } from "../ports.ts";
import type { KeyRing } from "./key-ring.ts";
import type { TokenRsa } from "./rsa.ts";

export interface IssuerPorts {
  readonly store: Store;
  readonly crypto: Crypto;
  readonly rsa: TokenRsa;
  readonly keyRing: KeyRing;
  /** Whether there is time for this: the gate's mode is normal. */
  readonly isQuiet: () => boolean;
  readonly limits?: Partial<ServerLimits>;
}

export class Issuer implements TokenIssuer {
  readonly #ports: IssuerPorts;
  readonly #limits: ServerLimits;
  #waiting = 0;

  constructor(ports: IssuerPorts) {
    this.#ports = ports;
    this.#limits = { ...serverLimits, ...ports.limits };
  }

  keys(): ReplyOf<"tokenKeys"> {
    const { keyRing } = this.#ports;
    const { today } = keyRing;
    if (keyRing.signingKey(today) === undefined) throw this.#keyless();
    return { today, keys: keyRing.published() };
  }

  async issue(ask: TokenAsk): Promise<Uint8Array> {
    const { keyRing, isQuiet } = this.#ports;
    if (!isQuiet()) throw this.#busy("tokens are issued in quiet times");
    const key = keyRing.signingKey(ask.day);
    if (key === undefined) {
      if (ask.day === keyRing.today) throw this.#keyless();
      throw new ProtocolError("ERR_EXPIRED", "tokens are issued with the key of today");
    }
    requireBelow(key.modulus, ask.blinded);
    if (this.#waiting >= this.#limits.tokenBatchesWaitingMax) throw this.#busy("too many wait for tokens");
    this.#waiting += 1;
    try {
      return await this.#grantAndSign(ask, key.privateKey);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Granted, durably, before it is signed: a crash between the two costs the device a repetition, and us no batch. */
  async #grantAndSign({ accountId, deviceId, day, blinded }: TokenAsk, privateKey: Uint8Array): Promise<Uint8Array> {
    const { store, crypto, rsa, keyRing } = this.#ports;
    const batch = crypto.sha256(blinded);
    await store.submit("tokensGrant", { accountId, deviceId, day, batch, today: keyRing.today });
    return rsa.sign(privateKey, blinded);
  }

  #keyless(): ProtocolError {
    return this.#busy("the key of today is being made");
  }

  #busy(message: string): ProtocolError {
    return new ProtocolError("ERR_BUSY", message, this.#limits.tokensRetryAfterMs);
  }
}

/** RFC 9474 §4.3: what is not below the modulus is no message. */
function requireBelow(modulus: Uint8Array, blinded: Uint8Array): void {
  for (let at = 0; at < blinded.length; at += rsaBytes) {
    if (!isBelow(blinded.subarray(at, at + rsaBytes), modulus)) {
      throw new ProtocolError("ERR_MALFORMED", "a blinded message is not below the modulus");
    }
  }
}

function isBelow(number: Uint8Array, bound: Uint8Array): boolean {
  const at = number.findIndex((byte, index) => byte !== bound[index]);
  return at !== -1 && (number[at] ?? 0) < (bound[at] ?? 0);
}
