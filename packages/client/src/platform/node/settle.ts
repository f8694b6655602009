/**
 * Lets a client that is about to end finish what it owes to others: a program that runs for half a second
 * would otherwise leave receipts, its name and welcomes for the next one. Nothing is lost when time is up.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ClientApi } from "../../api.ts";
import type { Store } from "../../ports.ts";
import { CommitTable } from "../../store/commits.ts";
import { DeliveryTable } from "../../store/deliveries.ts";
import { OutboxTable } from "../../store/outbox.ts";
import { ReceiptTable } from "../../store/receipts.ts";

/** Between two looks at the queues, in milliseconds. */
const lookEveryMs = 20;

/** Resolves when all is sent, when there is no connection to send it over, or after `waitMsMax` milliseconds. */
export async function settle(client: ClientApi, store: Store, waitMsMax: number): Promise<void> {
  const queues = [new OutboxTable(store), new CommitTable(store)];
  const [receipts, deliveries] = [new ReceiptTable(store), new DeliveryTable(store)];
  const isOwing = () =>
    queues.some((queue) => queue.logsWithWork().length > 0) ||
    receipts.logs().length > 0 ||
    deliveries.ready().length > 0;
  const deadline = Date.now() + waitMsMax;
  while (Date.now() < deadline && (await isOnline(client)) && isOwing()) await sleep(lookEveryMs);
}

/** A client that has failed has nothing to finish. */
async function isOnline(client: ClientApi): Promise<boolean> {
  try {
    return (await client.connection()).state === "online";
  } catch {
    return false;
  }
}
