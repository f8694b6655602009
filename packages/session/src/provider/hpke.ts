/** HPKE base mode (RFC 9180 §5 and §6) for one message at a time, and its secret export. */
import { ascii, concat } from "../bytes.ts";
import { makeHkdf } from "./hkdf.ts";
import { type Kem, labeledExpand, labeledExtract } from "./kem.ts";
import type { HashName, Primitives } from "./primitives.ts";

export interface HpkeSuite {
  readonly kem: Kem;
  readonly hash: HashName;
  /** 16 or 32: AES-128-GCM or AES-256-GCM. */
  readonly keyBytes: 16 | 32;
}

export const nonceBytes = 12;

const kdfIds: Record<HashName, number> = { sha256: 1, sha512: 3 };
const aeadIds = { 16: 1, 32: 2 } as const;

interface Context {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly exporterSecret: Uint8Array;
}

export interface Hpke {
  seal(input: {
    publicKey: Uint8Array;
    info: Uint8Array;
    aad: Uint8Array;
    plaintext: Uint8Array;
  }): Promise<{ kemOutput: Uint8Array; ciphertext: Uint8Array }>;
  open(input: {
    privateKey: Uint8Array;
    kemOutput: Uint8Array;
    info: Uint8Array;
    aad: Uint8Array;
    ciphertext: Uint8Array;
  }): Promise<Uint8Array>;
  exportAsSender(input: {
    publicKey: Uint8Array;
    info: Uint8Array;
    context: Uint8Array;
    length: number;
  }): Promise<{ kemOutput: Uint8Array; secret: Uint8Array }>;
  exportAsReceiver(input: {
    privateKey: Uint8Array;
    kemOutput: Uint8Array;
    info: Uint8Array;
    context: Uint8Array;
    length: number;
  }): Promise<Uint8Array>;
}

export function makeHpke(primitives: Primitives, suite: HpkeSuite): Hpke {
  const { kem, keyBytes } = suite;
  const hkdf = makeHkdf(primitives, suite.hash);
  const ids = [kem.id, kdfIds[suite.hash], aeadIds[keyBytes]];
  const suiteId = concat(ascii("HPKE"), Uint8Array.from(ids.flatMap((id) => [id >> 8, id & 0xff])));
  const none = new Uint8Array();

  async function schedule(shared: Uint8Array, info: Uint8Array): Promise<Context> {
    const pskIdHash = await labeledExtract(hkdf, suiteId, none, "psk_id_hash", none);
    const infoHash = await labeledExtract(hkdf, suiteId, none, "info_hash", info);
    const context = concat(Uint8Array.of(0), pskIdHash, infoHash);
    const secret = await labeledExtract(hkdf, suiteId, shared, "secret", none);
    const expand = (label: string, length: number) =>
      labeledExpand(hkdf, suiteId, { key: secret, label, info: context, length });
    return {
      key: await expand("key", keyBytes),
      nonce: await expand("base_nonce", nonceBytes),
      exporterSecret: await expand("exp", hkdf.size),
    };
  }

  const exportFrom = (context: Context, exporterContext: Uint8Array, length: number) =>
    labeledExpand(hkdf, suiteId, { key: context.exporterSecret, label: "sec", info: exporterContext, length });

  return {
    async seal({ publicKey, info, aad, plaintext }) {
      const { kemOutput, shared } = await kem.encapsulate(publicKey);
      const { key, nonce } = await schedule(shared, info);
      return { kemOutput, ciphertext: await primitives.gcmSeal(key, nonce, aad, plaintext) };
    },
    async open({ privateKey, kemOutput, info, aad, ciphertext }) {
      const { key, nonce } = await schedule(await kem.decapsulate(privateKey, kemOutput), info);
      return primitives.gcmOpen(key, nonce, aad, ciphertext);
    },
    async exportAsSender({ publicKey, info, context, length }) {
      const { kemOutput, shared } = await kem.encapsulate(publicKey);
      return { kemOutput, secret: await exportFrom(await schedule(shared, info), context, length) };
    },
    async exportAsReceiver({ privateKey, kemOutput, info, context, length }) {
      const shared = await kem.decapsulate(privateKey, kemOutput);
      return exportFrom(await schedule(shared, info), context, length);
    },
  };
}
