/**
 * The client's half of TLS 1.3 (RFC 8446), as little of it as an attacker needs: x25519, AES-128-GCM, and nothing of what
 * the server says is checked. A third of the price of a real client, so that one core can load another.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
} from "node:crypto";

const recordHeaderBytes = 5;
const tagBytes = 16;
const recordTypes = { alert: 21, handshake: 22, data: 23 } as const;
const handshakeTypes = { serverHello: 2, newSessionTicket: 4, finished: 20 } as const;
const plainBytesMax = 16_384;

/** One key pair for all connections of the process: attackers save where they can. */
const ownKeys = generateKeyPairSync("x25519");
const ownPublic = ownKeys.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
const publicKeyHeader = Buffer.from("302a300506032b656e032100", "hex");

const noBytes = Buffer.alloc(0);
const zeros = Buffer.alloc(32);
const emptyHash = createHash("sha256").digest();
const earlySecret = hmac(zeros, zeros);
const derivedOfEarly = expandLabel(earlySecret, "derived", emptyHash, 32);

function hmac(key: Buffer, data: Buffer): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

/** §7.1, for lengths up to one hash. */
function expandLabel(secret: Buffer, label: string, context: Buffer, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([
    Buffer.from([length >> 8, length & 0xff, name.length]),
    name,
    Buffer.from([context.length]),
    context,
    Buffer.from([1]),
  ]);
  return hmac(secret, info).subarray(0, length);
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([u16(type), u16(body.length), body]);
}

export interface HelloOptions {
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** Offered as a session to resume, with a binder that is wrong. */
  readonly ticket?: Uint8Array;
  /** Bytes of padding, to make the hello as long as those of browsers, or longer than anybody's. */
  readonly padding?: number;
}

/** Where its random bytes begin in a ClientHello. */
const helloRandomAt = 6;
/** What most hellos are: the same bytes but for the random ones, put together once. */
const plainHello = buildHello({ random: zeros });

/** A ClientHello without its record header. */
export function clientHello(options: HelloOptions): Buffer {
  if (options.ticket !== undefined || (options.padding ?? 0) > 0) return buildHello(options);
  const hello = Buffer.from(plainHello);
  hello.set(options.random, helloRandomAt);
  return hello;
}

function buildHello({ random, ticket, padding = 0 }: HelloOptions): Buffer {
  const extensions = [
    extension(43, Buffer.from([2, 3, 4])),
    extension(10, Buffer.from([0, 2, 0, 0x1d])),
    extension(13, Buffer.from([0, 4, 4, 3, 8, 4])),
    extension(45, Buffer.from([1, 1])),
    extension(51, Buffer.concat([u16(36), u16(0x1d), u16(32), ownPublic])),
  ];
  if (padding > 0) extensions.push(extension(21, Buffer.alloc(padding)));
  if (ticket !== undefined) {
    const identity = Buffer.concat([u16(ticket.length), ticket, Buffer.alloc(4, 0x11)]);
    const binder = Buffer.concat([Buffer.from([32]), Buffer.alloc(32, 0x5a)]);
    extensions.push(extension(41, Buffer.concat([u16(identity.length), identity, u16(binder.length), binder])));
  }
  const all = Buffer.concat(extensions);
  const suites = Buffer.from([0, 2, 0x13, 0x01]);
  const body = Buffer.concat([
    u16(0x0303),
    random,
    Buffer.from([0]),
    suites,
    Buffer.from([1, 0]),
    u16(all.length),
    all,
  ]);
  return Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
}

/** A handshake message, or a piece of one, as one record. */
export function handshakeRecord(piece: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([recordTypes.handshake, 3, 1]), u16(piece.length), piece]);
}

/** One direction of traffic. Its keys are derived when they are first needed: many an attacker leaves before that. */
class Traffic {
  readonly #secret: () => Buffer;
  #keys: { readonly key: Buffer; readonly iv: Buffer } | undefined;
  #sequence = 0;

  constructor(secret: () => Buffer) {
    this.#secret = secret;
  }

  seal(type: number, plain: Uint8Array): Buffer {
    const length = plain.length + 1 + tagBytes;
    const header = Buffer.from([recordTypes.data, 3, 3, length >> 8, length & 0xff]);
    const { key, nonce } = this.#next();
    const cipher = createCipheriv("aes-128-gcm", key, nonce);
    cipher.setAAD(header);
    const body = [cipher.update(plain), cipher.update(Buffer.from([type])), cipher.final()];
    return Buffer.concat([header, ...body, cipher.getAuthTag()]);
  }

  /** The type and content of a record. The tag is not looked at: an attacker does not mind. */
  open(body: Buffer): { type: number; plain: Buffer } {
    const { key, nonce } = this.#next();
    const decipher = createDecipheriv("aes-128-gcm", key, nonce);
    const inner = decipher.update(body.subarray(0, body.length - tagBytes));
    let end = inner.length;
    while (end > 0 && inner[end - 1] === 0) end -= 1;
    return { type: inner[end - 1] ?? 0, plain: inner.subarray(0, Math.max(0, end - 1)) };
  }

  #next(): { readonly key: Buffer; readonly nonce: Buffer } {
    this.#keys ??= this.#derive();
    const nonce = Buffer.from(this.#keys.iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.#sequence) >>> 0, 8);
    this.#sequence += 1;
    return { key: this.#keys.key, nonce };
  }

  #derive(): { readonly key: Buffer; readonly iv: Buffer } {
    const secret = this.#secret();
    return { key: expandLabel(secret, "key", noBytes, 16), iv: expandLabel(secret, "iv", noBytes, 12) };
  }
}

/** What has come of the bytes that were fed in. */
export interface Progress {
  /** To be sent to the server. */
  readonly reply?: Buffer;
  /** Content that the server sent. */
  readonly content: readonly Buffer[];
  readonly isFailed: boolean;
}

/** One connection's TLS. Bytes go in, bytes come out; it owns no socket. */
export class TlsHandshake {
  /** What the client says first. */
  readonly hello: Buffer;
  /** The last session ticket that the server gave. */
  ticket: Buffer | undefined;
  #transcript = createHash("sha256");
  #rest: Buffer = noBytes;
  #messages: Buffer = noBytes;
  #secret: Buffer = noBytes;
  #clientSecret: Buffer = noBytes;
  #reading: Traffic | undefined;
  #writing: Traffic | undefined;

  constructor(options: HelloOptions) {
    const hello = clientHello(options);
    this.#transcript.update(hello);
    this.hello = handshakeRecord(hello);
  }

  get isDone(): boolean {
    return this.#writing !== undefined;
  }

  /** Content as records. Only once the handshake is done. */
  seal(content: Uint8Array): Buffer {
    const writing = this.#writing;
    if (writing === undefined) return noBytes;
    const records: Buffer[] = [];
    for (let at = 0; at < content.length; at += plainBytesMax) {
      records.push(writing.seal(recordTypes.data, content.subarray(at, at + plainBytesMax)));
    }
    return Buffer.concat(records);
  }

  take(bytes: Buffer): Progress {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const content: Buffer[] = [];
    let reply: Buffer | undefined;
    let isFailed = false;
    while (rest.length >= recordHeaderBytes && !isFailed) {
      const end = recordHeaderBytes + rest.readUInt16BE(3);
      if (rest.length < end) break;
      const type = rest[0];
      const body = rest.subarray(recordHeaderBytes, end);
      rest = rest.subarray(end);
      if (type === recordTypes.alert) isFailed = true;
      else if (type === recordTypes.handshake) reply = this.#takeMessages(body) ?? reply;
      else if (type === recordTypes.data && this.#reading !== undefined) {
        const opened = this.#reading.open(body);
        if (opened.type === recordTypes.data) content.push(opened.plain);
        else if (opened.type === recordTypes.alert) isFailed = true;
        else if (this.isDone) this.ticket = ticketOf(opened.plain) ?? this.ticket;
        else reply = this.#takeMessages(opened.plain) ?? reply;
      }
    }
    // Copied, because the bytes given belong to whoever reads next.
    this.#rest = Buffer.from(rest);
    return reply === undefined ? { content, isFailed } : { reply, content, isFailed };
  }

  #takeMessages(bytes: Buffer): Buffer | undefined {
    let rest = Buffer.concat([this.#messages, bytes]);
    let reply: Buffer | undefined;
    while (rest.length >= 4) {
      const end = 4 + rest.readUIntBE(1, 3);
      if (rest.length < end) break;
      const message = rest.subarray(0, end);
      rest = rest.subarray(end);
      this.#transcript.update(message);
      if (message[0] === handshakeTypes.serverHello) this.#agree(message);
      else if (message[0] === handshakeTypes.finished) reply = this.#finish();
    }
    this.#messages = rest;
    return reply;
  }

  #agree(serverHello: Buffer): void {
    const key = Buffer.concat([publicKeyHeader, keyShareOf(serverHello)]);
    const publicKey = createPublicKey({ key, format: "der", type: "spki" });
    const shared = diffieHellman({ privateKey: ownKeys.privateKey, publicKey });
    this.#secret = hmac(derivedOfEarly, shared);
    const heard = this.#transcript.copy().digest();
    this.#clientSecret = expandLabel(this.#secret, "c hs traffic", heard, 32);
    const serverSecret = expandLabel(this.#secret, "s hs traffic", heard, 32);
    this.#reading = new Traffic(() => serverSecret);
  }

  #finish(): Buffer {
    const heard = this.#transcript.copy().digest();
    const finishedKey = expandLabel(this.#clientSecret, "finished", noBytes, 32);
    const finished = Buffer.concat([Buffer.from([handshakeTypes.finished, 0, 0, 32]), hmac(finishedKey, heard)]);
    const reply = new Traffic(() => this.#clientSecret).seal(recordTypes.handshake, finished);
    const master = once(() => hmac(expandLabel(this.#secret, "derived", emptyHash, 32), zeros));
    this.#reading = new Traffic(() => expandLabel(master(), "s ap traffic", heard, 32));
    this.#writing = new Traffic(() => expandLabel(master(), "c ap traffic", heard, 32));
    return reply;
  }
}

/** The x25519 key in a ServerHello (§4.1.3, §4.2.8). */
function keyShareOf(message: Buffer): Buffer {
  let at = 4 + 2 + 32;
  at += 1 + (message[at] ?? 0) + 3;
  const end = at + 2 + message.readUInt16BE(at);
  for (at += 2; at + 4 <= end; at += 4 + message.readUInt16BE(at + 2)) {
    if (message.readUInt16BE(at) === 51) return message.subarray(at + 8, at + 40);
  }
  return zeros;
}

/** The ticket in a NewSessionTicket message (§4.6.1) that came in one record. */
function ticketOf(message: Buffer): Buffer | undefined {
  if (message[0] !== handshakeTypes.newSessionTicket || message.length < 15) return undefined;
  const at = 4 + 8 + 1 + (message[12] ?? 0);
  if (at + 2 > message.length) return undefined;
  return Buffer.from(message.subarray(at + 2, at + 2 + message.readUInt16BE(at)));
}
