/**
 * How a batch travels to the worker and back: one buffer each way, transferred, not copied.
 * Asks: `name u8 · ask` until the end. Answers, in the same order: `status u16` and the answer, or the
 * error's text.
 */
import {
  type Codec,
  errorCodeOf,
  errorCodes,
  limits,
  ProtocolError,
  Reader,
  text,
  type Writer,
} from "@rempart/protocol";
import {
  type AnswerOf,
  type AskOf,
  type StoreOperationName,
  storeOperationNames,
  storeOperations,
} from "../../store-operations.ts";

const numbers = new Map(storeOperationNames.map((name, number) => [name, number]));
const message = text(limits.errorMessageBytesMax);

/** What the worker posts back: the answers, and what their commit cost. */
export interface AnswerMessage {
  readonly answers: Uint8Array<ArrayBuffer>;
  readonly commit: CommitReport;
}

export interface CommitReport {
  readonly operations: number;
  /** Milliseconds that the commit took, fsync included; `undefined` when nothing had to be written. */
  readonly commitMs: number | undefined;
  /** Whether an operation found no room on the disk, or in the size that the operator allows. */
  readonly isFull: boolean;
  /** SQLite's text for any other failure: people have to look at it. */
  readonly trouble: string | undefined;
}

export function writeAsk<N extends StoreOperationName>(writer: Writer, name: N, ask: AskOf<N>): void {
  writer.uint(numbers.get(name) ?? 0, 1);
  (storeOperations[name].ask as Codec<AskOf<N>>).encode(writer, ask);
}

export interface Ask {
  readonly name: StoreOperationName;
  readonly ask: never;
}

export function readAsks(bytes: Uint8Array): Ask[] {
  const reader = new Reader(bytes);
  const asks: Ask[] = [];
  while (reader.remaining > 0) {
    const name = storeOperationNames[reader.uint(1)];
    if (name === undefined) throw new RangeError("an unknown operation");
    asks.push({ name, ask: (storeOperations[name].ask as Codec<unknown>).decode(reader) as never });
  }
  return asks;
}

export type Outcome = { readonly answer: unknown } | { readonly error: ProtocolError };

export function writeOutcome(writer: Writer, name: StoreOperationName, outcome: Outcome): void {
  if ("answer" in outcome) {
    writer.uint(0, 2);
    (storeOperations[name].answer as Codec<unknown>).encode(writer, outcome.answer);
    return;
  }
  writer.uint(errorCodes[outcome.error.code], 2);
  message.encode(writer, outcome.error.message);
}

/** Reads the next answer; throws the error that the worker answered with. */
export function readAnswer<N extends StoreOperationName>(reader: Reader, name: N): AnswerOf<N> {
  const status = reader.uint(2);
  if (status !== 0) throw new ProtocolError(errorCodeOf(status), message.decode(reader));
  return (storeOperations[name].answer as Codec<AnswerOf<N>>).decode(reader);
}
