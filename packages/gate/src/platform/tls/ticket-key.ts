import { createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";

/** What `ticketKeys` of Node takes: name 16, HMAC-SHA256 key 16, AES-128-CBC key 16. */
export const ticketKeyBytes = 48;

const nameBytes = 16;
const ivBytes = 16;
const macBytes = 32;
const blockBytes = 16;

/**
 * The key with which one TLS context seals its session tickets, as OpenSSL lays them out under Node's callback:
 * name · iv · AES-128-CBC of the session · HMAC-SHA256 of everything before. A test holds this against real tickets.
 */
export class TicketKey {
  readonly bytes: Buffer;
  readonly #name: Buffer;
  readonly #macKey: Buffer;
  readonly #cipherKey: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#name = bytes.subarray(0, nameBytes);
    this.#macKey = bytes.subarray(nameBytes, nameBytes + 16);
    this.#cipherKey = bytes.subarray(nameBytes + 16, ticketKeyBytes);
  }

  /** Whether this key made the ticket. Costs one comparison for whoever has no ticket of ours, one HMAC for the others. */
  isMakerOf(ticket: Buffer): boolean {
    const macAt = ticket.length - macBytes;
    if (macAt < nameBytes + ivBytes + blockBytes || this.#name.compare(ticket, 0, nameBytes) !== 0) return false;
    const mac = createHmac("sha256", this.#macKey).update(ticket.subarray(0, macAt)).digest();
    return timingSafeEqual(mac, ticket.subarray(macAt));
  }

  /** The session in a ticket that this key made; `undefined` when it cannot be opened. */
  open(ticket: Buffer): Buffer | undefined {
    const sealed = ticket.subarray(nameBytes + ivBytes, -macBytes);
    try {
      const opener = createDecipheriv("aes-128-cbc", this.#cipherKey, ticket.subarray(nameBytes, nameBytes + ivBytes));
      return Buffer.concat([opener.update(sealed), opener.final()]);
    } catch {
      // Only a wrong padding gets here, and with the right HMAC nobody but us can have made it.
      return undefined;
    }
  }
}

/** What names a ticket in our own memory: part of its HMAC, which nobody can choose. */
export function labelOf(ticket: Buffer): string {
  return ticket.toString("latin1", ticket.length - 16);
}
