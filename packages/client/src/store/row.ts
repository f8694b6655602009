/** Typed access to rows. A column of another type than expected means a damaged database. */
import { type SqlRow, type SqlValue, StoreError } from "../ports.ts";

export class Row {
  readonly #row: SqlRow;

  constructor(row: SqlRow) {
    this.#row = row;
  }

  text(column: string): string {
    const value = this.#row[column];
    return typeof value === "string" ? value : damaged(column);
  }

  number(column: string): number {
    const value = this.#row[column];
    return typeof value === "number" ? value : damaged(column);
  }

  bytes(column: string): Uint8Array {
    const value = this.#row[column];
    return value instanceof Uint8Array ? value : damaged(column);
  }

  bool(column: string): boolean {
    return this.number(column) !== 0;
  }

  textOrNone(column: string): string | undefined {
    return this.#isNull(column) ? undefined : this.text(column);
  }

  numberOrNone(column: string): number | undefined {
    return this.#isNull(column) ? undefined : this.number(column);
  }

  bytesOrNone(column: string): Uint8Array | undefined {
    return this.#isNull(column) ? undefined : this.bytes(column);
  }

  #isNull(column: string): boolean {
    return (this.#row[column] ?? null) === null;
  }
}

export function rowOf(row: SqlRow | undefined): Row | undefined {
  return row && new Row(row);
}

export function rowsOf(rows: readonly SqlRow[]): readonly Row[] {
  return rows.map((row) => new Row(row));
}

/** `null` for what is absent, as SQL wants it. */
export function orNull(value: SqlValue | undefined): SqlValue {
  return value ?? null;
}

function damaged(column: string): never {
  throw new StoreError("ERR_LOCAL_CORRUPT", `the local database is damaged: column ${column}`);
}
