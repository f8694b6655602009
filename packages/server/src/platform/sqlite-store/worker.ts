/** The thread that waits for the disk, so that the event loop never does. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { Writer } from "@rempart/protocol";
import { type Ask, readAsks, writeOutcome } from "./batch.ts";
import { Database, type DatabaseOptions } from "./database.ts";

/** Bytes of asks in one transaction: bounds how long the first of them waits for the last. */
const transactionBytesMax = 8_388_608;

function serve(port: MessagePort): void {
  const database = new Database(workerData as DatabaseOptions);
  port.postMessage("open");
  port.on("message", (first: Uint8Array | "close") => {
    const { batches, isClosing } = gather(port, first);
    if (batches.length > 0) answer(port, database, batches);
    if (!isClosing) return;
    database.close();
    port.close();
  });
}

/** What waits already joins the transaction: the slower the disk, the larger the group. */
function gather(port: MessagePort, first: Uint8Array | "close"): { batches: Uint8Array[]; isClosing: boolean } {
  const batches: Uint8Array[] = [];
  let bytes = 0;
  for (let next: Uint8Array | "close" | undefined = first; next !== undefined; ) {
    if (next === "close") return { batches, isClosing: true };
    batches.push(next);
    bytes += next.length;
    next = bytes < transactionBytesMax ? receiveMessageOnPort(port)?.message : undefined;
  }
  return { batches, isClosing: false };
}

function answer(port: MessagePort, database: Database, batches: readonly Uint8Array[]): void {
  const asks = batches.flatMap(readAsks);
  const { outcomes, commit } = database.run(asks);
  const writer = new Writer(16_384);
  for (const [index, outcome] of outcomes.entries()) writeOutcome(writer, (asks[index] as Ask).name, outcome);
  const answers = writer.finish();
  port.postMessage({ answers, commit }, [answers.buffer]);
}

if (parentPort !== null) serve(parentPort);
