/** RSA by Node's OpenSSL: verified here, signed in a thread that is started with the first batch. */
import { constants, createPublicKey, generateKeyPair, type KeyObject, verify } from "node:crypto";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { ProtocolError, rsaBytes } from "@rempart/protocol";
import type { TokenRsa } from "../issuer/rsa.ts";
import type { SignAnswer, SignAsk } from "./issuer-worker.ts";

const generate = promisify(generateKeyPair);

interface Pending {
  readonly resolve: (signatures: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

export class NodeTokenRsa implements TokenRsa {
  /** By the array that holds the modulus: keys live as long as the ring holds them. */
  readonly #publicKeys = new WeakMap<Uint8Array, KeyObject>();
  #worker: Worker | undefined;
  /** Asks that wait for the worker, oldest first. */
  readonly #pending: Pending[] = [];
  #isClosed = false;

  async generate(): Promise<{ modulus: Uint8Array; privateKey: Uint8Array }> {
    const pair = await generate("rsa", { modulusLength: 8 * rsaBytes, publicExponent: 65_537 });
    const { n = "" } = pair.publicKey.export({ format: "jwk" });
    const privateKey = pair.privateKey.export({ format: "der", type: "pkcs8" });
    return { modulus: new Uint8Array(Buffer.from(n, "base64url")), privateKey: new Uint8Array(privateKey) };
  }

  sign(privateKey: Uint8Array, blinded: Uint8Array): Promise<Uint8Array> {
    if (this.#isClosed) return Promise.reject(closed());
    this.#worker ??= this.#start();
    this.#worker.ref();
    // A copy: posting a view would copy all of the buffer that it looks into.
    const ask: SignAsk = { privateKey, blinded: blinded.slice() };
    this.#worker.postMessage(ask);
    return new Promise((resolve, reject) => this.#pending.push({ resolve, reject }));
  }

  verify(signed: { modulus: Uint8Array; message: Uint8Array; signature: Uint8Array }): boolean {
    const key = { key: this.#publicKey(signed.modulus), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 };
    return verify("sha384", signed.message, key, signed.signature);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#fail(closed());
    await this.#worker?.terminate();
  }

  #publicKey(modulus: Uint8Array): KeyObject {
    const known = this.#publicKeys.get(modulus);
    if (known !== undefined) return known;
    const jwk = { kty: "RSA", n: Buffer.from(modulus).toString("base64url"), e: "AQAB" };
    const key = createPublicKey({ key: jwk, format: "jwk" });
    this.#publicKeys.set(modulus, key);
    return key;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./issuer-worker.ts", import.meta.url));
    worker.on("message", (answer: SignAnswer) => {
      const pending = this.#pending.shift();
      // Without work it keeps no process alive.
      if (this.#pending.length === 0) worker.unref();
      if ("signatures" in answer) pending?.resolve(answer.signatures);
      else pending?.reject(new Error(`signing failed: ${answer.trouble}`));
    });
    // A thread that died takes its asks with it; the next one starts another.
    worker.on("error", (error) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#fail(error);
    });
    return worker;
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#pending.splice(0)) reject(error);
  }
}

function closed(): ProtocolError {
  return new ProtocolError("ERR_SHUTTING_DOWN", "the server is stopping");
}
