/**
 * Gathers small writes that follow one another in a file into one. SQLite writes a transaction to its log page by
 * page, two writes a page, and in a browser each write of a private file may be a call to another process.
 *
 * 1. Nothing is kept back over a flush, a read, or a change of size: what those promise holds as without gathering.
 * 2. When the file takes less than it was given, the operation that was waiting for it throws, and the rest is
 *    dropped: bytes of a transaction that failed are never written later.
 */

/** What SQLite's pool uses of a `FileSystemSyncAccessHandle`, which the types of pages do not know. */
export interface FileHandle {
  /** Answers how many bytes were read: fewer at the end of the file. */
  read(into: ArrayBufferView, options?: { readonly at?: number }): number;
  write(from: ArrayBufferView, options?: { readonly at?: number }): number;
  flush(): void;
  truncate(size: number): void;
  getSize(): number;
  close(): void;
}

interface FileHandles {
  createSyncAccessHandle(): Promise<FileHandle>;
}

/** Bytes gathered before they are written: some two hundred pages, more than any message needs. */
const gatheredBytesMax = 1_048_576;

export class GatheringHandle implements FileHandle {
  readonly #file: FileHandle;
  #gathered = new Uint8Array(65_536);
  #length = 0;
  #at = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  write(from: ArrayBufferView, { at = 0 }: { readonly at?: number } = {}): number {
    const bytes = bytesOf(from);
    if (this.#length > 0 && (at !== this.#at + this.#length || this.#length + bytes.length > gatheredBytesMax)) {
      this.#drain();
    }
    if (this.#length === 0) this.#at = at;
    this.#reserve(this.#length + bytes.length);
    this.#gathered.set(bytes, this.#length);
    this.#length += bytes.length;
    return bytes.length;
  }

  read(into: ArrayBufferView, options?: { readonly at?: number }): number {
    this.#drain();
    return this.#file.read(into, options);
  }

  flush(): void {
    this.#drain();
    this.#file.flush();
  }

  truncate(size: number): void {
    this.#drain();
    this.#file.truncate(size);
  }

  getSize(): number {
    this.#drain();
    return this.#file.getSize();
  }

  close(): void {
    try {
      this.#drain();
    } finally {
      this.#file.close();
    }
  }

  #reserve(length: number): void {
    if (length <= this.#gathered.length) return;
    const grown = new Uint8Array(Math.max(length, Math.min(2 * this.#gathered.length, gatheredBytesMax)));
    grown.set(this.#gathered.subarray(0, this.#length));
    this.#gathered = grown;
  }

  #drain(): void {
    if (this.#length === 0) return;
    const bytes = this.#gathered.subarray(0, this.#length);
    this.#length = 0;
    const written = this.#file.write(bytes, { at: this.#at });
    if (written !== bytes.length) throw new Error(`the file took ${written} of ${bytes.length} bytes`);
  }
}

/** The pool writes its headers out of arrays of other elements than bytes. */
function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Runs `open` while every synchronous handle that is made in this worker gathers its writes. One at a time. */
export async function withGathering<T>(open: () => Promise<T>): Promise<T> {
  const prototype = FileSystemFileHandle.prototype as unknown as FileHandles;
  const { createSyncAccessHandle } = prototype;
  // SQLite's pool makes its handles itself, and has no option for how.
  prototype.createSyncAccessHandle = async function (this: FileHandles) {
    return new GatheringHandle(await createSyncAccessHandle.call(this));
  };
  try {
    return await open();
  } finally {
    prototype.createSyncAccessHandle = createSyncAccessHandle;
  }
}
