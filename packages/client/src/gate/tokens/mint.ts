/**
 * Fetches the day's tokens, in quiet time only: blinds as many messages as everybody does, has them signed, takes the
 * blinds off, and keeps what verifies.
 *
 * 1. A batch is durable before it is sent, and sent again as it is until it has been answered: the issuer signs one
 *    batch a day, and a lost answer must not cost the day's tokens.
 * 2. A key that differs from the one that was shown before for its day signs nothing for us: a key of one's own would
 *    be a name.
 * 3. Tokens are kept only when every signature of the batch is good: what is kept tells the issuer nothing.
 */
import {
  type DeviceId,
  encode,
  gateChallengeDigest,
  gateLimits,
  isTransient,
  type OperationName,
  ProtocolError,
  type ReplyOf,
  type RequestOf,
  rsaBytes,
  sameBytes,
  type TokenKey,
  tokenCodec,
  tokenInput,
  tokenKeyIdOf,
  tokenType,
} from "@rempart/protocol";
import type { MetaTable } from "../../store/meta.ts";
import type { Batch, Draft, TokenTable } from "../../store/tokens.ts";
import type { TokenBlinder } from "./blinder.ts";

export interface MintOptions {
  readonly tokens: TokenTable;
  readonly meta: MetaTable;
  readonly blinder: TokenBlinder;
  readonly randomBytes: (count: number) => Uint8Array;
  /** One durable transaction. */
  readonly write: <T>(work: () => T) => T;
  readonly request: <N extends OperationName>(name: N, body: RequestOf<N>) => Promise<ReplyOf<N>>;
}

/** What became of an attempt that did not fail. `none`: the issuer has given what it gives today. */
export type Minted = "some" | "none";

/** `ERR_TOKEN_KEY`: the issuer shows another key than before, or none. `ERR_TOKEN_SIGNATURE`: it signed something else. */
export class MintError extends Error {
  readonly code: "ERR_TOKEN_KEY" | "ERR_TOKEN_SIGNATURE";

  constructor(code: MintError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MintError";
    this.code = code;
  }
}

export class Mint {
  readonly #options: MintOptions;

  constructor(options: MintOptions) {
    this.#options = options;
  }

  /** Gets what is to be had today. Rejects with `MintError`, with what the server refuses with, or as the network does. */
  async mint(server: string, deviceId: DeviceId): Promise<Minted> {
    const batch = this.#waiting(server) ?? (await this.#newBatch(server));
    if (batch === undefined) return "none";
    const signatures = await this.#signatures(batch, deviceId);
    if (signatures === undefined) return "none";
    await this.#finish(batch, signatures);
    return "some";
  }

  /** The batch that may have been sent. One of another server is of no use any more. */
  #waiting(server: string): Batch | undefined {
    const batch = this.#options.tokens.batch();
    return batch?.server === server ? batch : undefined;
  }

  async #newBatch(server: string): Promise<Batch | undefined> {
    const { tokens, meta, write, request } = this.#options;
    const { today, keys } = await request("tokenKeys", {});
    const key = this.#checked(server, today, keys);
    write(() => {
      tokens.removeBefore(server, Math.max(0, today - gateLimits.tokenDaysKept));
      for (const each of keys) tokens.addKey(server, each);
    });
    const last = meta.get("tokensIssuedOn");
    if (last?.server === server && last.day === today) return undefined;
    const drafts: Draft[] = [];
    for (let i = 0; i < gateLimits.tokensPerDay; i++) drafts.push(await this.#draft(key));
    const batch = { server, key, drafts };
    write(() => tokens.putBatch(batch));
    return batch;
  }

  /** The key of today, if the list agrees with all that this server has shown before. */
  #checked(server: string, today: number, keys: readonly TokenKey[]): TokenKey {
    for (const { day, modulus } of keys) {
      const seen = this.#options.tokens.keyOf(server, day);
      if (seen !== undefined && !sameBytes(seen, modulus)) {
        throw new MintError("ERR_TOKEN_KEY", "the server shows another key for a day than it did before");
      }
    }
    const ofToday = keys.filter(({ day }) => day === today);
    const [key] = ofToday;
    if (key === undefined || ofToday.length > 1) {
      throw new MintError("ERR_TOKEN_KEY", "the server has no key for today, or several");
    }
    return key;
  }

  async #draft({ modulus }: TokenKey): Promise<Draft> {
    const { blinder, randomBytes } = this.#options;
    const nonce = randomBytes(32);
    return { nonce, ...(await blinder.blind(modulus, messageOf(modulus, nonce))) };
  }

  /** `undefined` when the issuer will never sign this batch: it is forgotten then. */
  async #signatures({ server, key, drafts }: Batch, deviceId: DeviceId): Promise<Uint8Array | undefined> {
    const { tokens, meta, write, request } = this.#options;
    const blinded = new Uint8Array(drafts.length * rsaBytes);
    for (const [index, draft] of drafts.entries()) blinded.set(draft.blinded, index * rsaBytes);
    try {
      return (await request("tokensIssue", { deviceId, day: key.day, blinded })).signatures;
    } catch (error) {
      if (!(error instanceof ProtocolError) || isTransient(error.code)) throw error;
      write(() => {
        tokens.removeBatch();
        // A backup was restored: the day's batch was another one, and its tokens are gone.
        if (error.code === "ERR_QUOTA") meta.set("tokensIssuedOn", { server, day: key.day });
      });
      if (error.code === "ERR_QUOTA") return undefined;
      throw error;
    }
  }

  async #finish({ server, key, drafts }: Batch, signatures: Uint8Array): Promise<void> {
    const { tokens, meta, write } = this.#options;
    let made: readonly Uint8Array[] = [];
    let failure: unknown;
    try {
      made = await this.#unblinded(key, drafts, signatures);
    } catch (error) {
      failure = new MintError("ERR_TOKEN_SIGNATURE", "the server has not signed what it was asked to", {
        cause: error,
      });
    }
    write(() => {
      for (const token of made) tokens.add({ server, day: key.day, token });
      tokens.removeBatch();
      meta.set("tokensIssuedOn", { server, day: key.day });
    });
    if (failure !== undefined) throw failure;
  }

  async #unblinded({ modulus }: TokenKey, drafts: readonly Draft[], signatures: Uint8Array): Promise<Uint8Array[]> {
    const made: Uint8Array[] = [];
    for (const [index, { nonce, inverse }] of drafts.entries()) {
      const blindSignature = signatures.slice(index * rsaBytes, (index + 1) * rsaBytes);
      const message = messageOf(modulus, nonce);
      const authenticator = await this.#options.blinder.finalize({ modulus, message, blindSignature, inverse });
      made.push(encode(tokenCodec, { tokenType, ...fieldsOf(modulus, nonce), authenticator }));
    }
    return made;
  }
}

function fieldsOf(modulus: Uint8Array, nonce: Uint8Array) {
  return { nonce, challengeDigest: gateChallengeDigest, keyId: tokenKeyIdOf(modulus) };
}

function messageOf(modulus: Uint8Array, nonce: Uint8Array): Uint8Array {
  return tokenInput(fieldsOf(modulus, nonce));
}
