/** What the gate keeps across restarts: the secret behind its own tickets, and the keys of TLS's. Files of mode 0600. */
import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { TicketKeys } from "./tls/ticket-keys.ts";

const secretBytes = 32;

export interface GateSecrets {
  /** For `GateOptions`. */
  readonly secret: Uint8Array;
  /** For `GateListenerOptions`. */
  readonly ticketKeys: TicketKeys;
}

/** Secrets of a gate that is forgotten at the end. */
export function newSecrets(): GateSecrets {
  return { secret: randomBytes(secretBytes), ticketKeys: TicketKeys.make(Date.now()) };
}

/** Secrets in a directory; what is missing or damaged is made anew, and whoever was inside proves himself otherwise once. */
export async function openSecrets(directory: string): Promise<GateSecrets> {
  const fresh = newSecrets();
  const [secretFile, keysFile] = [secretFileIn(directory), keysFileIn(directory)];
  const secret = await readIfThere(secretFile);
  const isGood = secret?.length === secretBytes;
  if (!isGood) await replaceFile(secretFile, fresh.secret);
  const kept = TicketKeys.read((await readIfThere(keysFile)) ?? Buffer.alloc(0));
  if (kept === undefined) await replaceFile(keysFile, fresh.ticketKeys.bytes);
  return { secret: isGood ? secret : fresh.secret, ticketKeys: kept ?? fresh.ticketKeys };
}

/** Keeps ticket keys that have changed. Rejects when the directory cannot be written. */
export function saveTicketKeys(directory: string, keys: TicketKeys): Promise<void> {
  return replaceFile(keysFileIn(directory), keys.bytes);
}

function secretFileIn(directory: string): string {
  return join(directory, "gate-secret");
}

function keysFileIn(directory: string): string {
  return join(directory, "tls-ticket-keys");
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** A crash leaves the old file or the new one. */
async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const draft = `${file}.new`;
  const handle = await open(draft, "w", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}
