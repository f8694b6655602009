/** Brings encrypted blobs to the server, piece by piece, across restarts. */
import { asId, authOf, fromHex, ProtocolError, toHex } from "@rempart/protocol";
import type { SealedBlob } from "@rempart/session";
import type { Engine } from "../engine/engine.ts";
import type { Pump } from "../engine/pump.ts";
import type { Upload } from "../store/deliveries.ts";

export interface NewUpload {
  readonly row: Omit<Upload, "stored">;
  readonly ciphertext: Uint8Array;
}

export function newUpload(engine: Engine, blob: SealedBlob, message?: string): NewUpload {
  const { blobId, readKey, size } = blob.reference;
  const row = {
    blob: toHex(blobId),
    readAuth: authOf(readKey),
    writeKey: engine.crypto.entropy.randomBytes(32),
    size,
    ...(message !== undefined && { message }),
  };
  return { row, ciphertext: blob.ciphertext };
}

/** Queues a blob. Call it in a transaction, and `kick` after it. */
export function addUpload(engine: Engine, blob: SealedBlob): void {
  const { row, ciphertext } = newUpload(engine, blob);
  engine.tables.uploads.add(row, ciphertext);
}

const only = "uploads";

export class Uploads {
  readonly #engine: Engine;
  readonly #pump: Pump;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump(() => this.#work());
  }

  kick(): void {
    this.#pump.kick(only);
  }

  async #work(): Promise<"again" | "idle"> {
    const [upload] = this.#engine.tables.uploads.all();
    if (upload === undefined || !this.#engine.connection.isOnline) return "idle";
    try {
      if (upload.stored === 0) await this.#create(upload);
      await this.#transfer(upload);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== "ERR_OFFSET") throw error;
      await this.#resume(upload);
      return "again";
    }
    this.#finished(upload);
    return "again";
  }

  async #create({ blob, readAuth, writeKey, size }: Upload): Promise<void> {
    try {
      await this.#engine.connection.request("blobCreate", {
        blobId: asId("BlobId", fromHex(blob)),
        readAuth: asId("Auth", readAuth),
        writeAuth: authOf(writeKey),
        size,
        retentionSeconds: 0,
      });
    } catch (error) {
      // Created by an attempt whose answer was lost.
      if (!(error instanceof ProtocolError) || error.code !== "ERR_EXISTS") throw error;
    }
  }

  async #transfer(upload: Upload): Promise<void> {
    const { uploads } = this.#engine.tables;
    const blobId = asId("BlobId", fromHex(upload.blob));
    const writeKey = asId("Capability", upload.writeKey);
    let offset = upload.stored;
    while (offset < upload.size && uploads.has(upload.blob)) {
      const bytes = uploads.bytesAt(upload.blob, offset);
      const { stored } = await this.#engine.connection.request("blobWrite", { blobId, writeKey, offset, bytes });
      offset = stored;
      this.#engine.write((changes) => {
        uploads.setStored(upload.blob, stored);
        if (upload.message !== undefined) changes.message(upload.message);
      });
    }
  }

  /** The server has another number of bytes than this device remembers: it is right. */
  async #resume(upload: Upload): Promise<void> {
    const blobId = asId("BlobId", fromHex(upload.blob));
    const key = asId("Capability", upload.writeKey);
    const { stored } = await this.#engine.connection.request("blobStat", { blobId, key });
    this.#engine.write(() => this.#engine.tables.uploads.setStored(upload.blob, stored));
  }

  #finished(upload: Upload): void {
    this.#engine.write((changes) => {
      this.#engine.tables.uploads.remove(upload.blob);
      if (upload.message !== undefined) changes.message(upload.message);
    });
    this.#engine.outbox.kickAll();
    this.#engine.commits.kickAll();
    this.#engine.deliveries.kick();
  }
}
