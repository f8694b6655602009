import { constants, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { encode, gateChallengeDigest, tokenCodec, tokenDayOf, tokenInput, tokenKeyIdOf } from "@rempart/protocol";
import { SqliteStore } from "@rempart/server";

/**
 * The issuer's key of the day, made by the lab and put into the server's store before its first start. With it the lab
 * signs tokens directly: the gate sees the same as if they had been blinded, and a thousand take a second.
 */
export class LabIssuer {
  readonly #privateKey: KeyObject;
  readonly #keyId: Uint8Array;

  private constructor(privateKey: KeyObject, modulus: Uint8Array) {
    this.#privateKey = privateKey;
    this.#keyId = tokenKeyIdOf(modulus);
  }

  static async install(dataDir: string): Promise<LabIssuer> {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048, publicExponent: 65_537 });
    const modulus = new Uint8Array(Buffer.from(publicKey.export({ format: "jwk" }).n ?? "", "base64url"));
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const store = await SqliteStore.open({ file: join(dataDir, "rempart.sqlite") });
    const today = tokenDayOf(Date.now());
    const pkcs8 = new Uint8Array(privateKey.export({ format: "der", type: "pkcs8" }));
    await store.submit("tokenKeyAdd", { day: today, modulus, privateKey: pkcs8, today });
    await store.close();
    return new LabIssuer(createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" })), modulus);
  }

  tokens(count: number): Uint8Array[] {
    return Array.from({ length: count }, () => this.#token());
  }

  #token(): Uint8Array {
    const fields = {
      nonce: new Uint8Array(randomBytes(32)),
      challengeDigest: gateChallengeDigest,
      keyId: this.#keyId,
    };
    const key = { key: this.#privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 };
    const authenticator = new Uint8Array(sign("sha384", tokenInput(fields), key));
    return encode(tokenCodec, { tokenType: 2, ...fields, authenticator });
  }
}
