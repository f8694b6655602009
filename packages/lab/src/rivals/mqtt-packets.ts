/** The part of MQTT 3.1.1 (OASIS standard) that QoS 1 between two clients needs. */
export const packetTypes = { connack: 2, publish: 3, puback: 4, suback: 9 } as const;

/** One packet that has arrived whole: its body is `bytes[start…end)`. */
export interface Packet {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

function packet(firstByte: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([firstByte, ...remainingLength(body.length)]), body]);
}

/** §2.2.3: seven bits a byte, least significant first. */
function remainingLength(length: number): number[] {
  const bytes: number[] = [];
  let rest = length;
  do {
    const more = rest >= 128 ? 0x80 : 0;
    bytes.push((rest % 128) | more);
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}

function text(value: string): Buffer {
  const encoded = Buffer.from(value, "utf8");
  const length = Buffer.alloc(2);
  length.writeUInt16BE(encoded.length);
  return Buffer.concat([length, encoded]);
}

/** A clean session without keep-alive, with a name and password where they are given. */
export function connectPacket(
  clientId: string,
  credentials?: { readonly user: string; readonly password: string },
): Buffer {
  const isCleanSession = 0x02;
  const flags = credentials === undefined ? isCleanSession : isCleanSession | 0xc0;
  const secrets = credentials === undefined ? [] : [text(credentials.user), text(credentials.password)];
  return packet(0x10, Buffer.concat([text("MQTT"), Buffer.from([4, flags, 0, 0]), text(clientId), ...secrets]));
}

export function subscribePacket(topic: string): Buffer {
  return packet(0x82, Buffer.concat([Buffer.from([0, 1]), text(topic), Buffer.from([1])]));
}

/** A QoS 1 publish with packet id 0, to be patched; says where the id and the payload are. */
export function publishTemplate(
  topic: string,
  payload: Uint8Array,
): { bytes: Buffer; idAt: number; payloadAt: number } {
  const name = text(topic);
  const bytes = packet(0x32, Buffer.concat([name, Buffer.alloc(2), payload]));
  const payloadAt = bytes.length - payload.length;
  return { bytes, idAt: payloadAt - 2, payloadAt };
}

/** The packet at `at`, or `undefined` while it is incomplete. */
export function packetAt(bytes: Buffer, at: number, end: number): Packet | undefined {
  let length = 0;
  for (let i = 1; i <= 4; i++) {
    if (at + i >= end) return undefined;
    const byte = bytes[at + i] ?? 0;
    length += (byte & 0x7f) << (7 * (i - 1));
    if ((byte & 0x80) !== 0) continue;
    const start = at + i + 1;
    return start + length > end ? undefined : { type: (bytes[at] ?? 0) >> 4, start, end: start + length };
  }
  return undefined;
}
