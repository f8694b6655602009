/** An issuer of one key, a device's tables in memory, and hands to turn them. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  asId,
  type DeviceId,
  type OperationName,
  type ProtocolError,
  type ReplyOf,
  type RequestOf,
  type TokenKey,
} from "@rempart/protocol";
import { NodeTokenRsa } from "@rempart/server";
import { openSqliteStore, webTokenBlinder } from "../../../platform/node/index.ts";
import type { Store } from "../../../ports.ts";
import { openTables, type Tables } from "../../../store/index.ts";
import { Mint } from "../mint.ts";

export const server = "https://example.org";
export const today = 20_833;
export const deviceId: DeviceId = asId("DeviceId", new Uint8Array(16).fill(7));

/** What the issuer is asked for and answers; a test may change any of it. */
export class FakeIssuer {
  readonly rsa = new NodeTokenRsa();
  readonly batches: RequestOf<"tokensIssue">[] = [];
  keys: TokenKey[] = [];
  today = today;
  /** Thrown instead of an answer, once, before (`false`) or after (`true`) it was signed. */
  failure: { readonly error: ProtocolError | Error; readonly isAfter: boolean } | undefined;
  spoil: (signatures: Uint8Array) => Uint8Array = (signatures) => signatures;
  #privateKey: Uint8Array = new Uint8Array();

  static async create(): Promise<FakeIssuer> {
    const issuer = new FakeIssuer();
    const { modulus, privateKey } = await issuer.rsa.generate();
    issuer.#privateKey = privateKey;
    issuer.keys = [{ day: today, modulus }];
    return issuer;
  }

  async request<N extends OperationName>(name: N, body: RequestOf<N>): Promise<ReplyOf<N>> {
    if (name === "tokenKeys") return { today: this.today, keys: this.keys } as ReplyOf<N>;
    assert.equal(name, "tokensIssue");
    const ask = body as RequestOf<"tokensIssue">;
    this.batches.push({ ...ask, blinded: ask.blinded.slice() });
    const { failure } = this;
    this.failure = undefined;
    if (failure?.isAfter === false) throw failure.error;
    const signatures = this.spoil(await this.rsa.sign(this.#privateKey, ask.blinded));
    if (failure !== undefined) throw failure.error;
    return { signatures } as ReplyOf<N>;
  }
}

/** Blinding takes seconds: what was blinded once, with one of these nonces, serves all tests of a file. */
const nonceCount = 64;
const blinder = webTokenBlinder();
const blindings = new Map<string, ReturnType<typeof blinder.blind>>();

function blindOnce(modulus: Uint8Array, message: Uint8Array): ReturnType<typeof blinder.blind> {
  const name = Buffer.concat([modulus, message]).toString("hex");
  const blinding = blindings.get(name) ?? blinder.blind(modulus, message);
  blindings.set(name, blinding);
  return blinding;
}

export interface Device {
  readonly store: Store;
  readonly tables: Tables;
  readonly mint: Mint;
}

/** A device on a new database, or on one that an earlier device left. */
export function newDevice(issuer: FakeIssuer, store: Store = openSqliteStore(":memory:")): Device {
  const tables = openTables(store);
  let nonces = 0;
  const mint = new Mint({
    tokens: tables.tokens,
    meta: tables.meta,
    blinder: { blind: blindOnce, finalize: (signed) => blinder.finalize(signed) },
    randomBytes: () =>
      new Uint8Array(
        createHash("sha256")
          .update(`nonce ${nonces++ % nonceCount}`)
          .digest(),
      ),
    write: (work) => store.transaction(work),
    request: (name, body) => issuer.request(name, body),
  });
  return { store, tables, mint };
}
