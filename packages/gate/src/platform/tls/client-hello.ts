/**
 * Looks into a TLS ClientHello (RFC 8446 §4.1.2) before anything is spent on it. Strict and total: whatever comes in,
 * it answers within the bytes given. What it lets pass is still checked by OpenSSL; what it needs is the tickets.
 */

export type HelloReading =
  /** More bytes are needed. */
  | "incomplete"
  /** No ClientHello of TLS 1.3, whatever may follow. */
  | "junk"
  /** Longer than the limit. */
  | "too-long"
  /** Complete. The identities of its pre-shared keys (session tickets), views into the bytes given; often none. */
  | { readonly identities: readonly Buffer[] };

const handshakeRecord = 22;
const recordHeaderBytes = 5;
const messageHeaderBytes = 4;
const clientHello = 1;
const preSharedKey = 41;
/** RFC 8446 §4.2.11: a binder is a hash, of 32 bytes or more. */
const binderBytesMin = 32;

/** Reads everything that a connection has sent so far. `bytesMax`: the longest hello, its record headers included. */
export function readClientHello(bytes: Buffer, bytesMax: number): HelloReading {
  const message = reassemble(bytes, bytesMax);
  if (!(message instanceof Uint8Array)) return message;
  const identities = identitiesOf(message);
  return identities === undefined ? "junk" : { identities };
}

/** The handshake message in the first records, without its header. */
function reassemble(bytes: Buffer, bytesMax: number): Buffer | "incomplete" | "junk" | "too-long" {
  const fragments: Buffer[] = [];
  let gathered = 0;
  let needed = messageHeaderBytes;
  let at = 0;
  while (gathered < needed) {
    const fragment = fragmentAt(bytes, at, bytesMax);
    if (!(fragment instanceof Uint8Array)) return fragment;
    fragments.push(fragment);
    at += recordHeaderBytes + fragment.length;
    const isHeaderNew = gathered < messageHeaderBytes;
    gathered += fragment.length;
    if (!isHeaderNew || gathered < messageHeaderBytes) continue;
    const header = fragments.length === 1 ? fragment : Buffer.concat(fragments);
    if (header[0] !== clientHello) return "junk";
    needed = messageHeaderBytes + header.readUIntBE(1, 3);
    if (needed + recordHeaderBytes > bytesMax) return "too-long";
  }
  // RFC 8446 §5.1: keys change behind a hello, so nothing else may stand in its last record.
  if (gathered !== needed) return "junk";
  const [first] = fragments;
  const message = fragments.length === 1 && first !== undefined ? first : Buffer.concat(fragments);
  return message.subarray(messageHeaderBytes);
}

/** What the record at `at` carries. */
function fragmentAt(bytes: Buffer, at: number, bytesMax: number): Buffer | "incomplete" | "junk" | "too-long" {
  const waiting = bytes.length >= bytesMax ? "too-long" : "incomplete";
  // Whatever can be told from the bytes at hand is told: a stranger who does not speak TLS is let go at once.
  if (bytes.length > at && bytes[at] !== handshakeRecord) return "junk";
  if (bytes.length > at + 1 && bytes[at + 1] !== 3) return "junk";
  if (bytes.length < at + recordHeaderBytes) return waiting;
  const length = bytes.readUInt16BE(at + 3);
  if (length === 0) return "junk";
  const start = at + recordHeaderBytes;
  if (start + length > bytesMax) return "too-long";
  return bytes.length < start + length ? waiting : bytes.subarray(start, start + length);
}

/** Reads length-prefixed fields one after the other; `undefined` where the bytes end too early. */
class Fields {
  readonly bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  take(count: number): Buffer | undefined {
    const end = this.#at + count;
    if (end > this.bytes.length) return undefined;
    const taken = this.bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  number(width: 1 | 2): number | undefined {
    return this.take(width)?.readUIntBE(0, width);
  }

  /** A field behind its own length of `width` bytes. */
  vector(width: 1 | 2): Buffer | undefined {
    const length = this.number(width);
    return length === undefined ? undefined : this.take(length);
  }
}

/** `undefined` for a message that is no ClientHello with extensions. */
function identitiesOf(message: Buffer): readonly Buffer[] | undefined {
  const fields = new Fields(message);
  // Version and random.
  if (fields.take(2 + 32) === undefined) return undefined;
  const sessionId = fields.vector(1);
  const suites = fields.vector(2);
  const compressions = fields.vector(1);
  const extensions = fields.vector(2);
  if (sessionId === undefined || sessionId.length > 32) return undefined;
  if (suites === undefined || suites.length < 2 || suites.length % 2 !== 0) return undefined;
  if (compressions === undefined || compressions.length === 0) return undefined;
  if (extensions === undefined || extensions.length === 0 || !fields.isAtEnd) return undefined;
  return identitiesIn(new Fields(extensions));
}

function identitiesIn(extensions: Fields): readonly Buffer[] | undefined {
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type === undefined || content === undefined) return undefined;
    // RFC 8446 §4.2.11: it is the last extension.
    if (type === preSharedKey) return extensions.isAtEnd ? offeredIdentities(new Fields(content)) : undefined;
  }
  return [];
}

function offeredIdentities(offered: Fields): readonly Buffer[] | undefined {
  const identities = offered.vector(2);
  const binders = offered.vector(2);
  if (identities === undefined || binders === undefined || !offered.isAtEnd) return undefined;
  const found: Buffer[] = [];
  const each = new Fields(identities);
  const binder = new Fields(binders);
  while (!each.isAtEnd) {
    const identity = each.vector(2);
    const age = each.take(4);
    const proof = binder.vector(1);
    if (identity === undefined || identity.length === 0 || age === undefined) return undefined;
    if (proof === undefined || proof.length < binderBytesMin) return undefined;
    found.push(identity);
  }
  return found.length > 0 && binder.isAtEnd ? found : undefined;
}
