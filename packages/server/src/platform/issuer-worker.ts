/** The thread that signs tokens: 0.35 ms each, which the event loop does not have. */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";
import { type MessagePort, parentPort } from "node:worker_threads";
import { rsaBytes, sameBytes } from "@rempart/protocol";

export interface SignAsk {
  /** PKCS #8. */
  readonly privateKey: Uint8Array;
  /** Numbers below the modulus, one behind another. */
  readonly blinded: Uint8Array;
}

export type SignAnswer = { readonly signatures: Uint8Array } | { readonly trouble: string };

interface LoadedKey {
  readonly der: Uint8Array;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** One key a day: the last one is nearly always the right one. */
let loaded: LoadedKey | undefined;

function keyOf(der: Uint8Array): LoadedKey {
  if (loaded !== undefined && sameBytes(loaded.der, der)) return loaded;
  const privateKey = createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
  loaded = { der, privateKey, publicKey: createPublicKey(privateKey) };
  return loaded;
}

/** RFC 9474 §4.3: the raw private operation, and the check that a fault of the machine did not spoil it. */
function signOne({ privateKey, publicKey }: LoadedKey, message: Uint8Array): Uint8Array {
  const padding = constants.RSA_NO_PADDING;
  const signature = privateDecrypt({ key: privateKey, padding }, message);
  if (!sameBytes(publicEncrypt({ key: publicKey, padding }, signature), message)) throw new Error("a wrong signature");
  return signature;
}

function sign({ privateKey, blinded }: SignAsk): Uint8Array {
  const key = keyOf(privateKey);
  const signatures = new Uint8Array(blinded.length);
  for (let at = 0; at < blinded.length; at += rsaBytes) {
    signatures.set(signOne(key, blinded.subarray(at, at + rsaBytes)), at);
  }
  return signatures;
}

function serve(port: MessagePort): void {
  port.on("message", (ask: SignAsk) => {
    let answer: SignAnswer;
    try {
      answer = { signatures: sign(ask) };
    } catch (error) {
      answer = { trouble: error instanceof Error ? error.message : "unknown" };
    }
    port.postMessage(answer);
  });
}

if (parentPort !== null) serve(parentPort);
