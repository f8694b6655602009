import { type LabAccount, LabClient, type LabLog, newLog } from "../wire/lab-client.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Below the server's limit of creations per connection and hour. */
const createsPerConnection = 500;
/** Requests sent before answers are awaited; below the protocol's limit per connection. */
const requestsAtOnce = 64;
/** Connections opened before their handshakes are awaited. */
const connectionsAtOnce = 100;

/** Calls `make` for 0…count−1, so many at a time, and returns the results in order. */
export async function inBatches<T>(count: number, atOnce: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) {
    const size = Math.min(atOnce, count - made.length);
    const from = made.length;
    made.push(...(await Promise.all(Array.from({ length: size }, (_, i) => make(from + i)))));
  }
  return made;
}

/** Creates logs through as many connections as the server's limits ask for. */
export async function createLogs(address: Address, account: LabAccount, count: number): Promise<LabLog[]> {
  const logs: LabLog[] = [];
  while (logs.length < count) {
    const client = await LabClient.open(address);
    await client.authenticate(account);
    const size = Math.min(createsPerConnection, count - logs.length);
    const created = await inBatches(size, requestsAtOnce, async () => {
      const log = newLog();
      await client.createLog(log);
      return log;
    });
    logs.push(...created);
    client.close();
  }
  return logs;
}

/** Opens connections that have said hello. */
export function openClients(address: Address, count: number): Promise<LabClient[]> {
  return inBatches(count, connectionsAtOnce, () => LabClient.open(address));
}
