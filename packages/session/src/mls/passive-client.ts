/**
 * Runs files of the MLS working group's passive-client format (mlswg/mls-implementations, test-vectors.md):
 * a client joins by a Welcome, applies other members' proposals and commits, and must arrive at the same
 * epoch authenticators. It checks the library underneath, so Rempart's own rules do not apply here.
 */
import { fromHex, sameBytes } from "@rempart/protocol";
import {
  acceptAll,
  type CiphersuiteImpl,
  type CiphersuiteName,
  type ClientState,
  ciphersuites,
  defaultCryptoProvider,
  getCiphersuiteFromName,
  joinGroup,
  makePskIndex,
  processMessage,
  type RatchetTree,
} from "ts-mls";
import { decodeRatchetTree } from "ts-mls/ratchetTree.js";
import { bytesToBase64 } from "ts-mls/util/byteArray.js";
import type { CryptoProvider } from "../provider/provider.ts";
import { isSuiteName } from "./config.ts";
import { decodeMessage } from "./message.ts";

export interface PassiveClientCase {
  /** Position in the file, from 0. */
  readonly index: number;
  /** Name of the cipher suite, or its number when nobody here knows it. */
  readonly suite: string;
  readonly result: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  readonly reason?: string;
}

interface Vector {
  readonly cipher_suite: number;
  readonly external_psks: readonly { readonly psk_id: string; readonly psk: string }[];
  readonly key_package: string;
  readonly signature_priv: string;
  readonly encryption_priv: string;
  readonly init_priv: string;
  readonly welcome: string;
  readonly ratchet_tree: string | null;
  readonly initial_epoch_authenticator: string;
  readonly epochs: readonly {
    readonly proposals: readonly string[];
    readonly commit: string;
    readonly epoch_authenticator: string;
  }[];
}

/**
 * Runs every case of a parsed file. Cipher suites that nothing installed supports are skipped; whatever else
 * goes wrong in a case is its failure. Throws a `TypeError` when the file is not of this format at all.
 */
export async function runPassiveClientFile(
  crypto: CryptoProvider,
  file: unknown,
): Promise<{ readonly cases: readonly PassiveClientCase[] }> {
  if (!Array.isArray(file)) throw new TypeError("a passive-client file is a JSON array of cases");
  const cases: PassiveClientCase[] = [];
  for (const [index, vector] of file.entries()) cases.push(await runCase(crypto, vector, index));
  return { cases };
}

async function runCase(crypto: CryptoProvider, vector: unknown, index: number): Promise<PassiveClientCase> {
  if (!isVector(vector)) return { index, suite: "unknown", result: "failed", reason: "not a passive-client case" };
  const name = suiteNameOf(vector.cipher_suite);
  if (name === undefined) {
    return { index, suite: String(vector.cipher_suite), result: "skipped", reason: "cipher suite not supported" };
  }
  try {
    await follow(vector, await suiteOf(crypto, name));
    return { index, suite: name, result: "passed" };
  } catch (error) {
    return { index, suite: name, result: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The fields that are read, at their types; more fields are no fault. */
function isVector(value: unknown): value is Vector {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Record<string, unknown>;
  const texts = [
    "key_package",
    "signature_priv",
    "encryption_priv",
    "init_priv",
    "welcome",
    "initial_epoch_authenticator",
  ];
  const areTexts = texts.every((name) => typeof record[name] === "string");
  const lists = [record.external_psks, record.epochs];
  return areTexts && typeof record.cipher_suite === "number" && lists.every((list) => Array.isArray(list));
}

function suiteNameOf(id: number): CiphersuiteName | undefined {
  const entry = Object.entries(ciphersuites).find(([, number]) => number === id);
  return entry?.[0] as CiphersuiteName | undefined;
}

/** Our own provider where it has the suite, ts-mls's where it has not. */
function suiteOf(crypto: CryptoProvider, name: CiphersuiteName): Promise<CiphersuiteImpl> {
  return isSuiteName(name)
    ? crypto.suite(name)
    : defaultCryptoProvider.getCiphersuiteImpl(getCiphersuiteFromName(name));
}

async function follow(vector: Vector, suite: CiphersuiteImpl): Promise<void> {
  const psks = Object.fromEntries(
    vector.external_psks.map(({ psk_id, psk }) => [bytesToBase64(fromHex(psk_id)), fromHex(psk)]),
  );
  let state = await join(vector, suite, psks);
  expectAuthenticator(state, vector.initial_epoch_authenticator, "after joining");
  for (const [number, epoch] of vector.epochs.entries()) {
    for (const bytes of [...epoch.proposals, epoch.commit]) state = await apply(state, bytes, suite, psks);
    expectAuthenticator(state, epoch.epoch_authenticator, `after commit ${number + 1}`);
  }
}

async function join(vector: Vector, suite: CiphersuiteImpl, psks: Record<string, Uint8Array>): Promise<ClientState> {
  const keyPackage = decodeMessage(fromHex(vector.key_package));
  const welcome = decodeMessage(fromHex(vector.welcome));
  if (keyPackage.wireformat !== "mls_key_package") throw new TypeError("key_package holds something else");
  if (welcome.wireformat !== "mls_welcome") throw new TypeError("welcome holds something else");
  const privateKeys = {
    initPrivateKey: fromHex(vector.init_priv),
    hpkePrivateKey: fromHex(vector.encryption_priv),
    signaturePrivateKey: fromHex(vector.signature_priv),
  };
  const tree = vector.ratchet_tree === null ? undefined : treeOf(vector.ratchet_tree);
  return joinGroup(welcome.welcome, keyPackage.keyPackage, privateKeys, makePskIndex(undefined, psks), suite, tree);
}

function treeOf(encoded: string): RatchetTree {
  const decoded = decodeRatchetTree(fromHex(encoded), 0);
  if (decoded === undefined) throw new TypeError("ratchet_tree is malformed");
  return decoded[0];
}

async function apply(
  state: ClientState,
  encoded: string,
  suite: CiphersuiteImpl,
  psks: Record<string, Uint8Array>,
): Promise<ClientState> {
  const message = decodeMessage(fromHex(encoded));
  const isGroupMessage = message.wireformat === "mls_private_message" || message.wireformat === "mls_public_message";
  if (!isGroupMessage) throw new TypeError("an epoch holds something that is no proposal or commit");
  const { newState } = await processMessage(message, state, makePskIndex(state, psks), acceptAll, suite);
  return newState;
}

function expectAuthenticator(state: ClientState, expected: string, when: string): void {
  const isSame = sameBytes(state.keySchedule.epochAuthenticator, fromHex(expected));
  if (!isSame) throw new Error(`the epoch authenticator differs ${when}`);
}
