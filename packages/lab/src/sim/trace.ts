/**
 * The fingerprint of a run: a hash over everything that happened, in order. Two runs of one seed must
 * have the same; where they part is found by comparing what `verbose` prints.
 */
import { createHash } from "node:crypto";

export class Trace {
  readonly #hash = createHash("sha256");
  readonly #print: ((line: string) => void) | undefined;
  #length = 0;

  /** `print` receives every note as a line of text. */
  constructor(print?: (line: string) => void) {
    this.#print = print;
  }

  /** How many notes were taken. */
  get length(): number {
    return this.#length;
  }

  note(what: string, detail: number | string | Uint8Array = ""): void {
    this.#length++;
    if (detail instanceof Uint8Array) this.#hash.update(`${what}:${detail.length}\n`).update(detail);
    else this.#hash.update(`${what}=${detail}\n`);
    if (this.#print !== undefined) this.#print(`${what} ${describe(detail)}`);
  }

  /** Hash of the notes so far, 64 hexadecimal digits. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }
}

function describe(detail: number | string | Uint8Array): string {
  if (!(detail instanceof Uint8Array)) return String(detail);
  return `${detail.length}:${createHash("sha256").update(detail).digest("hex").slice(0, 12)}`;
}
