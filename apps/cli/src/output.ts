/** What a command prints: one JSON object per line, or text for a person. */

import type { Failure } from "./failure.ts";
import { printable, widthOf } from "./text/width.ts";

export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface OutputOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly isJson: boolean;
  /** Colours are used on a terminal, unless this is set (https://no-color.org). */
  readonly noColor: boolean;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
const styles: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

export class Output {
  readonly isJson: boolean;
  readonly #stdout: TextStream;
  readonly #stderr: TextStream;
  readonly #hasColour: boolean;

  constructor({ stdout, stderr, isJson, noColor }: OutputOptions) {
    this.isJson = isJson;
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#hasColour = stdout.isTTY === true && !noColor && !isJson;
  }

  /** One result: `value` as a line of JSON, or the text. */
  print(value: object, text: string): void {
    this.#stdout.write(`${this.isJson ? JSON.stringify(value) : text}\n`);
  }

  /** A list: one line of JSON each, or a table; `empty` when there is nothing for a person to see. */
  printList<T>(items: readonly T[], { json, row, empty }: ListFormat<T>): void {
    if (this.isJson) for (const item of items) this.#stdout.write(`${JSON.stringify(json(item))}\n`);
    else if (items.length === 0) this.#stdout.write(`${empty}\n`);
    else for (const line of alignColumns(items.map(row))) this.#stdout.write(`${line}\n`);
  }

  /** A remark for a person, on standard error; nothing with `--json`. */
  remark(text: string): void {
    if (!this.isJson) this.#stderr.write(`${text}\n`);
  }

  /** One line on a terminal that the next one overwrites; `""` takes it away. Nothing elsewhere. */
  progress(text: string): void {
    if (this.#stderr.isTTY === true && !this.isJson) this.#stderr.write(`\r\u001b[K${text}`);
  }

  /** A remark where {@link progress} shows nothing, because standard error is no terminal. */
  remarkWithoutProgress(text: string): void {
    if (this.#stderr.isTTY !== true) this.remark(text);
  }

  fail({ code, message, details, hint }: Failure): void {
    if (this.isJson) {
      this.#stderr.write(`${JSON.stringify({ error: code, message, ...details })}\n`);
      return;
    }
    this.#stderr.write(`rempart: ${printable(message)} (${code})\n`);
    if (hint !== undefined) this.#stderr.write(`${hint}\n`);
  }

  style(style: Style, text: string): string {
    return this.#hasColour && text !== "" ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
  }
}

export interface ListFormat<T> {
  json(item: T): object;
  /** Cells of the item's row, without escape sequences. */
  row(item: T): readonly string[];
  readonly empty: string;
}

/** Rows as lines with their columns under each other. Cells become printable. */
export function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const clean = rows.map((row) => row.map((cell) => printable(cell).replaceAll("\n", " ")));
  const widths: number[] = [];
  for (const row of clean) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(cell));
  }
  return clean.map((row) =>
    row
      .map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - widthOf(cell)))
      .join("  ")
      .trimEnd(),
  );
}
