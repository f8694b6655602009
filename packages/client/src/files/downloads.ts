/** Fetches the files of messages, and keeps them. */
import { decryptBlob, SessionError } from "@rempart/session";
import type { OutgoingFile } from "../api.ts";
import type { Engine } from "../engine/engine.ts";
import { ClientError } from "../errors.ts";
import type { StoredFile } from "../store/messages.ts";
import { messageView } from "../views/messages.ts";
import { downloadBlob } from "./download.ts";

export class Downloads {
  readonly #engine: Engine;
  readonly #progress = new Map<string, number>();
  readonly #running = new Map<string, Promise<Uint8Array>>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Bytes of a message's file fetched so far; `undefined` when it is not being fetched. */
  progress(message: string): number | undefined {
    return this.#progress.get(message);
  }

  /** The file of a message, fetched if it is not here. Throws `ERR_NOT_FOUND`, `ERR_FILE_DAMAGED`. */
  async get(message: string): Promise<OutgoingFile> {
    const file = this.#engine.tables.messages.get(message)?.detail.file;
    if (file === undefined) throw new ClientError("ERR_NOT_FOUND", "this message has no file");
    const { name, type } = file;
    const local = this.#engine.tables.files.get(message);
    return { name, type, bytes: local ?? (await this.#once(message, file)) };
  }

  #once(message: string, file: StoredFile): Promise<Uint8Array> {
    const running = this.#running.get(message);
    if (running !== undefined) return running;
    const started = this.#fetch(message, file).finally(() => {
      this.#running.delete(message);
      this.#progress.delete(message);
      this.#announce(message);
    });
    this.#running.set(message, started);
    return started;
  }

  async #fetch(message: string, file: StoredFile): Promise<Uint8Array> {
    const ciphertext = await downloadBlob(this.#engine, file.blob, (bytes) => {
      this.#progress.set(message, bytes);
      this.#announce(message);
    });
    if (ciphertext === undefined) throw new ClientError("ERR_NOT_FOUND", "the server does not have this file any more");
    const bytes = await this.#open(file, ciphertext);
    this.#engine.write(() => this.#engine.tables.files.put(message, bytes));
    return bytes;
  }

  async #open(file: StoredFile, ciphertext: Uint8Array): Promise<Uint8Array> {
    try {
      return await decryptBlob(this.#engine.crypto, file.blob, ciphertext);
    } catch (error) {
      if (error instanceof SessionError) throw new ClientError("ERR_FILE_DAMAGED", "this file is not what was sent");
      throw error;
    }
  }

  #announce(message: string): void {
    const row = this.#engine.isStopped ? undefined : this.#engine.tables.messages.get(message);
    if (row !== undefined)
      this.#engine.emit({ event: "message", message: messageView(this.#engine, row), isNew: false });
  }
}
