/** The few WebSocket bytes (RFC 6455) that are exchanged with whoever has not been admitted yet. */
import { hash } from "node:crypto";
import { gateLimits } from "@rempart/protocol";

const finalBinary = 0x82;
const maskedBit = 0x80;
const extended16 = 126;

export type ProofReading =
  | "incomplete"
  /** No single, masked, binary frame of at most `proofBytesMax`. */
  | "junk"
  /** `bytes`: length of the frame. `proof`: its payload, unmasked, a copy. */
  | { readonly bytes: number; readonly proof: Buffer };

/** Reads everything that a client has sent behind its request. */
export function readProofFrame(bytes: Buffer): ProofReading {
  const [first = finalBinary, second = maskedBit] = bytes;
  if (first !== finalBinary || (second & maskedBit) === 0) return "junk";
  if (bytes.length < 2) return "incomplete";
  const short = second & 0x7f;
  // Lengths in 64 bits are above the limit by themselves.
  if (short > extended16) return "junk";
  if (short === extended16 && bytes.length < 4) return "incomplete";
  const length = short < extended16 ? short : bytes.readUInt16BE(2);
  if (length > gateLimits.proofBytesMax || (short === extended16 && length < extended16)) return "junk";
  const maskAt = short < extended16 ? 2 : 4;
  const end = maskAt + 4 + length;
  if (bytes.length < end) return "incomplete";
  const proof = Buffer.from(bytes.subarray(maskAt + 4, end));
  for (let at = 0; at < length; at++) proof[at] = (proof[at] ?? 0) ^ (bytes[maskAt + (at & 3)] ?? 0);
  return { bytes: end, proof };
}

/** A server's frame around an encoded verdict. */
export function verdictFrame(verdict: Uint8Array): Buffer {
  const { length } = verdict;
  const head = length < extended16 ? [finalBinary, length] : [finalBinary, extended16, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), verdict]);
}

/** "Try again later" (1013), as a server's close frame. */
export const tryAgainLater: Buffer = Buffer.from([0x88, 2, 1_013 >> 8, 1_013 & 0xff]);

const acceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The answer that completes an upgrade whose `Sec-WebSocket-Key` was `key`. */
export function switchingProtocols(key: string): string {
  const accept = hash("sha1", key + acceptGuid, "base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** A refusal before the upgrade. */
export function httpRefusal(status: string): string {
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
}
