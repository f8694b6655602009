/**
 * The little of RFC 6455 that a load generator needs. Real clients mask with random bytes; here every
 * frame carries the same mask, not zero, so that a server pays the full price of unmasking and
 * the generator can patch a frame that was masked before.
 */
const maskByte = 0x5a;
/** Masks, or unmasks, four bytes at once. */
export const maskWord = 0x5a5a5a5a;

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const handshakeKey = "cmVtcGFydC1sYWItYmVuYw==";

/** A whole client frame: header, mask, masked payload. `payloadAt` is where the payload starts. */
export function maskedFrame(
  payload: Uint8Array,
  opcode: number = opcodes.binary,
): { bytes: Buffer<ArrayBuffer>; payloadAt: number } {
  const extended = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8;
  const payloadAt = 2 + extended + 4;
  const bytes = Buffer.alloc(payloadAt + payload.length);
  bytes[0] = 0x80 | opcode;
  bytes[1] = 0x80 | (extended === 0 ? payload.length : extended === 2 ? 126 : 127);
  if (extended === 2) bytes.writeUInt16BE(payload.length, 2);
  if (extended === 8) bytes.writeBigUInt64BE(BigInt(payload.length), 2);
  bytes.fill(maskByte, payloadAt - 4, payloadAt);
  for (let i = 0; i < payload.length; i++) bytes[payloadAt + i] = (payload[i] ?? 0) ^ maskByte;
  return { bytes, payloadAt };
}

/** The HTTP request that opens a WebSocket. */
export function upgradeRequest(path: string, host: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${handshakeKey}`,
    "\r\n",
  ].join("\r\n");
}

/** Header of a server's frame at `at`, or `undefined` while it is incomplete. */
export function frameHeaderAt(
  bytes: Buffer,
  at: number,
  end: number,
): { opcode: number; isFinal: boolean; headerBytes: number; length: number } | undefined {
  if (end - at < 2) return undefined;
  const first = bytes[at] ?? 0;
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (end - at < headerBytes) return undefined;
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  return { opcode: first & 0x0f, isFinal: (first & 0x80) !== 0, headerBytes, length };
}
