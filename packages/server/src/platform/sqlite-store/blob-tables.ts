import type { DatabaseSync } from "node:sqlite";
import { type BlobId, limits, type Rotation } from "@rempart/protocol";
import type { BlobRow, BlobTables } from "../../engine/tables.ts";
import { bytesAt, numberAt, Statement } from "./statements.ts";

export class SqliteBlobTables implements BlobTables {
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #append: Statement;
  readonly #advance: Statement;
  readonly #read: Statement;
  readonly #markDeleted: Statement;
  readonly #expired: Statement;
  readonly #removeChunks: Statement;
  readonly #remove: Statement;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => new Statement(database, sql);
    this.#find = prepare("SELECT key, read_auth, write_auth, size, stored FROM blob WHERE blob_id = ?");
    this.#insert = prepare(
      `INSERT INTO blob (blob_id, read_auth, write_auth, size, expires_at, stored) VALUES (?, ?, ?, ?, ?, 0)`,
    );
    this.#append = prepare("INSERT INTO blob_chunk (blob, start, bytes) VALUES (?, ?, ?)");
    this.#advance = prepare("UPDATE blob SET stored = ? WHERE key = ?");
    this.#read = prepare(
      "SELECT start, bytes FROM blob_chunk WHERE blob = ? AND start > ? AND start < ? ORDER BY start",
    );
    this.#markDeleted = prepare(
      "UPDATE blob SET expires_at = 0, read_auth = zeroblob(32), write_auth = zeroblob(32) WHERE key = ?",
    );
    this.#expired = prepare("SELECT key FROM blob WHERE expires_at < ? ORDER BY expires_at LIMIT ?");
    this.#removeChunks = prepare(
      "DELETE FROM blob_chunk WHERE key IN (SELECT key FROM blob_chunk WHERE blob = ? ORDER BY start LIMIT ?)",
    );
    this.#remove = prepare("DELETE FROM blob WHERE key = ?");
  }

  find(blobId: BlobId): BlobRow | undefined {
    const row = this.#find.get(blobId);
    if (row === undefined) return undefined;
    return {
      key: numberAt(row, 0),
      readAuth: bytesAt(row, 1),
      writeAuth: bytesAt(row, 2),
      size: numberAt(row, 3),
      stored: numberAt(row, 4),
    };
  }

  insert(blob: Rotation & { blobId: BlobId; size: number; expiresAt: number }): void {
    this.#insert.run(blob.blobId, blob.readAuth, blob.writeAuth, blob.size, blob.expiresAt);
  }

  append(key: number, { offset, bytes }: { offset: number; bytes: Uint8Array }): void {
    this.#append.run(key, offset, bytes);
    this.#advance.run(offset + bytes.length, key);
  }

  read(key: number, { offset, length }: { offset: number; length: number }): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(length);
    // No piece is longer than a frame's: one that reaches into the range starts at most that far before it.
    for (const row of this.#read.iterate(key, offset - limits.blobChunkBytesMax, offset + length)) {
      copyOverlap({ start: numberAt(row, 0), bytes: bytesAt(row, 1) }, out, offset);
    }
    return out;
  }

  markDeleted(key: number): void {
    this.#markDeleted.run(key);
  }

  removeExpired({ now, rowsMax }: { now: number; rowsMax: number }): number {
    let removed = 0;
    for (const blob of this.#expired.all(now, rowsMax)) {
      const key = numberAt(blob, 0);
      removed += this.#removeChunks.run(key, rowsMax - removed);
      if (removed >= rowsMax) return removed;
      this.#remove.run(key);
    }
    return removed;
  }
}

function copyOverlap(piece: { start: number; bytes: Uint8Array }, out: Uint8Array, offset: number): void {
  const from = Math.max(piece.start, offset);
  const to = Math.min(piece.start + piece.bytes.length, offset + out.length);
  if (from < to) out.set(piece.bytes.subarray(from - piece.start, to - piece.start), from - offset);
}
