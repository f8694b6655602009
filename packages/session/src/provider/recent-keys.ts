/** Imported keys, the latest of them: an import costs as much as the operation that it is for. */
import type { KeyObject } from "node:crypto";

export class RecentKeys {
  readonly #countMax: number;
  readonly #importKey: (key: Uint8Array) => KeyObject;
  /** By the key's bytes; the one that was used longest ago comes first. */
  readonly #keys = new Map<string, KeyObject>();

  constructor(countMax: number, importKey: (key: Uint8Array) => KeyObject) {
    this.#countMax = countMax;
    this.#importKey = importKey;
  }

  /** The imported form of these bytes. Throws what the import throws. */
  get(key: Uint8Array): KeyObject {
    const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
    const known = this.#keys.get(name);
    const imported = known ?? this.#importKey(key);
    this.#keys.delete(name);
    this.#keys.set(name, imported);
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= this.#countMax) break;
      this.#keys.delete(oldest);
    }
    return imported;
  }
}
