import { type Auth, type BlobId, type Rotation, toHex } from "@rempart/protocol";
import type { BlobRow, BlobTables } from "../engine/tables.ts";
import { copy, existing } from "./memory-rows.ts";

interface MemoryBlob {
  row: BlobRow;
  readonly name: string;
  expiresAt: number;
  bytes: Uint8Array<ArrayBuffer>;
}

export class MemoryBlobTables implements BlobTables {
  readonly #blobs = new Map<number, MemoryBlob>();
  readonly #keys = new Map<string, number>();
  #nextKey = 1;

  find(blobId: BlobId): BlobRow | undefined {
    const key = this.#keys.get(toHex(blobId));
    return key === undefined ? undefined : this.#blobs.get(key)?.row;
  }

  insert(blob: Rotation & { blobId: BlobId; size: number; expiresAt: number }): void {
    const key = this.#nextKey++;
    const auths = { readAuth: copy(blob.readAuth), writeAuth: copy(blob.writeAuth) };
    const name = toHex(blob.blobId);
    const row = { key, size: blob.size, stored: 0, ...auths };
    this.#blobs.set(key, { row, name, expiresAt: blob.expiresAt, bytes: new Uint8Array(0) });
    this.#keys.set(name, key);
  }

  append(key: number, { offset, bytes }: { offset: number; bytes: Uint8Array }): void {
    const blob = existing(this.#blobs.get(key));
    const grown = new Uint8Array(offset + bytes.length);
    grown.set(blob.bytes);
    grown.set(bytes, offset);
    blob.bytes = grown;
    blob.row = { ...blob.row, stored: grown.length };
  }

  read(key: number, { offset, length }: { offset: number; length: number }): Uint8Array<ArrayBuffer> {
    return existing(this.#blobs.get(key)).bytes.slice(offset, offset + length);
  }

  markDeleted(key: number): void {
    const blob = existing(this.#blobs.get(key));
    const nobody = new Uint8Array(32) as Auth;
    blob.row = { ...blob.row, readAuth: nobody, writeAuth: nobody };
    blob.expiresAt = 0;
  }

  removeExpired({ now, rowsMax }: { now: number; rowsMax: number }): number {
    const expired = [...this.#blobs].filter(([, { expiresAt }]) => expiresAt < now).slice(0, rowsMax);
    for (const [key, { name }] of expired) {
      this.#blobs.delete(key);
      this.#keys.delete(name);
    }
    return expired.length;
  }
}
