/** Files of messages, in the clear, in pieces. */
import type { Store } from "../ports.ts";
import { rowsOf } from "./row.ts";

export class FileTable {
  readonly #store: Store;
  readonly #chunkBytes: number;

  constructor(store: Store, chunkBytes: number) {
    this.#store = store;
    this.#chunkBytes = chunkBytes;
  }

  put(message: string, bytes: Uint8Array): void {
    for (let idx = 0, at = 0; idx === 0 || at < bytes.length; idx++, at += this.#chunkBytes) {
      const chunk = bytes.subarray(at, at + this.#chunkBytes);
      this.#store.run("INSERT OR REPLACE INTO file_chunks (message, idx, bytes) VALUES (?, ?, ?)", message, idx, chunk);
    }
  }

  has(message: string): boolean {
    return this.#store.all("SELECT 1 AS found FROM file_chunks WHERE message = ? AND idx = 0", message).length > 0;
  }

  get(message: string): Uint8Array | undefined {
    const rows = rowsOf(this.#store.all("SELECT bytes FROM file_chunks WHERE message = ? ORDER BY idx", message));
    if (rows.length === 0) return undefined;
    const chunks = rows.map((row) => row.bytes("bytes"));
    const whole = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }
}
