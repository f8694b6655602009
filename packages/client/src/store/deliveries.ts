/** Entries for contact logs that must reach them, and encrypted blobs on their way. */
import { asId, type EntryId } from "@rempart/protocol";
import type { Store } from "../ports.ts";
import { orNull, type Row, rowOf, rowsOf } from "./row.ts";

export interface Delivery {
  readonly id: number;
  readonly log: string;
  readonly writeKey: Uint8Array;
  readonly entryId: EntryId;
  readonly bytes: Uint8Array;
  readonly upload?: string;
  /** The chat that waits for it, if one does. */
  readonly chat?: string;
}

export type NewDelivery = Omit<Delivery, "id">;

export interface Upload {
  readonly blob: string;
  readonly readAuth: Uint8Array;
  readonly writeKey: Uint8Array;
  readonly size: number;
  readonly stored: number;
  /** The message whose file it is. */
  readonly message?: string;
}

export class DeliveryTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  add(row: NewDelivery): void {
    this.#store.run(
      "INSERT INTO deliveries (log, write_key, entry_id, bytes, upload, chat) VALUES (?, ?, ?, ?, ?, ?)",
      row.log,
      row.writeKey,
      row.entryId,
      row.bytes,
      orNull(row.upload),
      orNull(row.chat),
    );
  }

  /** Those whose upload, if they need one, is complete. */
  ready(): readonly Delivery[] {
    const sql = `SELECT * FROM deliveries WHERE upload IS NULL OR upload NOT IN (SELECT blob FROM uploads) ORDER BY id`;
    return rowsOf(this.#store.all(sql)).map(deliveryOf);
  }

  countFor(chat: string): number {
    return rowOf(this.#store.all("SELECT COUNT(*) AS n FROM deliveries WHERE chat = ?", chat)[0])?.number("n") ?? 0;
  }

  /** Whether an entry is still on its way. */
  has(entryId: Uint8Array): boolean {
    return this.#store.all("SELECT 1 AS found FROM deliveries WHERE entry_id = ?", entryId).length > 0;
  }

  remove(id: number): void {
    this.#store.run("DELETE FROM deliveries WHERE id = ?", id);
  }
}

function deliveryOf(row: Row): Delivery {
  const upload = row.textOrNone("upload");
  const chat = row.textOrNone("chat");
  return {
    id: row.number("id"),
    log: row.text("log"),
    writeKey: row.bytes("write_key"),
    entryId: asId("EntryId", row.bytes("entry_id")),
    bytes: row.bytes("bytes"),
    ...(upload !== undefined && { upload }),
    ...(chat !== undefined && { chat }),
  };
}

export class UploadTable {
  readonly #store: Store;
  readonly #chunkBytes: number;

  constructor(store: Store, chunkBytes: number) {
    this.#store = store;
    this.#chunkBytes = chunkBytes;
  }

  add(row: Omit<Upload, "stored">, ciphertext: Uint8Array): void {
    this.#store.run(
      "INSERT INTO uploads (blob, read_auth, write_key, size, stored, message) VALUES (?, ?, ?, ?, 0, ?)",
      row.blob,
      row.readAuth,
      row.writeKey,
      row.size,
      orNull(row.message),
    );
    for (let idx = 0, at = 0; at < ciphertext.length; idx++, at += this.#chunkBytes) {
      const bytes = ciphertext.subarray(at, at + this.#chunkBytes);
      this.#store.run("INSERT INTO upload_chunks (blob, idx, bytes) VALUES (?, ?, ?)", row.blob, idx, bytes);
    }
  }

  all(): readonly Upload[] {
    return rowsOf(this.#store.all("SELECT * FROM uploads ORDER BY size, blob")).map(uploadOf);
  }

  ofMessage(message: string): Upload | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM uploads WHERE message = ?", message)[0]);
    return row && uploadOf(row);
  }

  has(blob: string): boolean {
    return this.#store.all("SELECT 1 AS found FROM uploads WHERE blob = ?", blob).length > 0;
  }

  /** What comes at `offset`: up to the end of the stored chunk it lies in. */
  bytesAt(blob: string, offset: number): Uint8Array {
    const idx = Math.floor(offset / this.#chunkBytes);
    const row = rowOf(this.#store.all("SELECT bytes FROM upload_chunks WHERE blob = ? AND idx = ?", blob, idx)[0]);
    return row?.bytes("bytes").subarray(offset - idx * this.#chunkBytes) ?? new Uint8Array();
  }

  setStored(blob: string, stored: number): void {
    this.#store.run("UPDATE uploads SET stored = ? WHERE blob = ?", stored, blob);
  }

  /** Stops uploading the file of a message. */
  removeOf(message: string): void {
    const upload = this.ofMessage(message);
    if (upload !== undefined) this.remove(upload.blob);
  }

  remove(blob: string): void {
    this.#store.run("DELETE FROM uploads WHERE blob = ?", blob);
    this.#store.run("DELETE FROM upload_chunks WHERE blob = ?", blob);
  }
}

function uploadOf(row: Row): Upload {
  const message = row.textOrNone("message");
  return {
    blob: row.text("blob"),
    readAuth: row.bytes("read_auth"),
    writeKey: row.bytes("write_key"),
    size: row.number("size"),
    stored: row.number("stored"),
    ...(message !== undefined && { message }),
  };
}
