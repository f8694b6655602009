import {
  asId,
  connectPath,
  decode,
  encode,
  encodeRequest,
  gateLimits,
  limits,
  proofCodec,
  protocolVersion,
  rsaBytes,
  ticketBytes,
  tokenBytes,
  type Verdict,
  verdictCodec,
} from "@rempart/protocol";
import type { Random } from "../../random.ts";
import { frameHeaderAt, maskedFrame, opcodes, upgradeRequest } from "../../wire/websocket-frame.ts";
import type { Dialect, Ear, Heard, OpeningKind, Showing } from "./dialect.ts";
import type { Supplies } from "./field.ts";

const headEnd = "\r\n\r\n";
const hugeHeadBytes = 6_000;

/** Rempart's protocol as an attacker speaks it. `host` is what the subject is known by. */
export class RempartDialect implements Dialect {
  readonly #host: string;
  readonly #supplies: Supplies;
  /** Made once, as the bombs are. */
  #greed: Buffer | undefined;

  constructor(host: string, supplies: Supplies) {
    this.#host = host;
    this.#supplies = supplies;
  }

  opening(kind: OpeningKind): Buffer {
    const path = kind === "elsewhere" ? "/v1/connect/../admin" : connectPath;
    const head = upgradeRequest(path, this.#host).slice(0, -headEnd.length);
    const origin = kind === "foreign" ? "\r\nOrigin: https://elsewhere.example" : "";
    const padding = kind === "huge" ? `\r\nX-Padding: ${"x".repeat(hugeHeadBytes)}` : "";
    return Buffer.from(`${head}${origin}${padding}${headEnd}`, "latin1");
  }

  showing(showing: Showing, random: Random): Buffer {
    return Buffer.concat([maskedFrame(this.#proof(showing, random)).bytes, hello]);
  }

  ear(heard: Heard): Ear {
    return new RempartEar(heard).take;
  }

  welcome(): Buffer {
    return Buffer.alloc(0);
  }

  pings(count: number): Buffer {
    return Buffer.alloc(count * pingFrame.length, pingFrame);
  }

  crumbs(count: number): Buffer {
    return crumbs(count);
  }

  bomb(random: Random): Buffer {
    return bombs[random.between(0, bombs.length - 1)] ?? Buffer.alloc(0);
  }

  greed(): Buffer | undefined {
    this.#greed ??= greedFor(this.#supplies);
    return this.#greed;
  }

  #proof(showing: Showing, random: Random): Uint8Array {
    if (showing.kind === "proof") return showing.bytes;
    if (showing.kind === "nothing") return nothing;
    if (showing.kind === "wrong") return wrongProof(random, this.#supplies.tokens.at(-1));
    const token = this.#supplies.tokens[showing.index];
    return token === undefined ? nothing : encode(proofCodec, { kind: "token", token });
  }
}

const nothing = encode(proofCodec, { kind: "none" });
const hello = maskedFrame(encodeRequest("hello", 1, { version: protocolVersion, agent: "rempart-lab" })).bytes;
const pingFrame = maskedFrame(new Uint8Array(4), opcodes.ping).bytes;

/** Forged, malformed, unsolved, too large: one of them. */
function wrongProof(random: Random, real: Uint8Array | undefined): Uint8Array {
  const kind = random.between(0, 4);
  if (kind === 0) return encode(proofCodec, { kind: "ticket", ticket: random.bytes(ticketBytes) });
  if (kind === 1) return encode(proofCodec, { kind: "token", token: forgedToken(random, real) });
  if (kind === 2) {
    const [seed, nonce, solution] = [random.bytes(16), random.bytes(16), random.bytes(8)];
    return encode(proofCodec, { kind: "work", seed, nonce, effort: random.between(1, gateLimits.effortMax), solution });
  }
  return kind === 3 ? random.bytes(random.between(1, 300)) : random.bytes(4_096);
}

/** A token that nobody signed, but of the right type and key, which are no secret: the signature has to be looked at. */
function forgedToken(random: Random, real: Uint8Array | undefined): Uint8Array {
  const token = random.bytes(tokenBytes);
  if (real === undefined) token.set([0, 2]);
  else token.set(real.subarray(0, tokenBytes - rsaBytes));
  // Below any modulus, as a signature is.
  token[tokenBytes - rsaBytes] = 0;
  return token;
}

/** One byte of a message that goes on. */
function crumb(opcode: number): Buffer {
  const { bytes } = maskedFrame(Uint8Array.of(0), opcode);
  bytes[0] = opcode;
  return bytes;
}

/** A message in so many pieces of one byte, and no last one. */
function crumbs(count: number): Buffer {
  const next = crumb(opcodes.continuation);
  return Buffer.concat([crumb(opcodes.binary), Buffer.alloc((count - 1) * next.length, next)]);
}

/** A frame header that promises `length` bytes, and a few of them. */
function promise(length: bigint): Buffer {
  const bytes = Buffer.alloc(2 + 8 + 4 + 16);
  bytes[0] = 0x80 | opcodes.binary;
  bytes[1] = 0x80 | 127;
  bytes.writeBigUInt64BE(length, 2);
  return bytes;
}

/** A request of the right kind whose list claims as many items as its count can say. */
/** Sixty-four requests for as much history as there is. */
function greedFor({ log }: Supplies): Buffer | undefined {
  if (log === undefined) return undefined;
  const logId = asId("LogId", log.logId);
  const readKey = asId("Capability", log.readKey);
  const body = { logId, readKey, fromSeq: 1, limit: limits.entriesPerFrameMax };
  return Buffer.concat(Array.from({ length: 64 }, (_, i) => maskedFrame(encodeRequest("read", i + 2, body)).bytes));
}

function greedyList(): Buffer {
  const { bytes } = maskedFrame(Buffer.concat([Buffer.from([19, 0, 0, 0, 9, 0xff, 0xff]), Buffer.alloc(80)]));
  return bytes;
}

/** Made once: the attackers' own time is not what is to be measured. */
const bombs: readonly Buffer[] = [
  promise(2n ** 62n),
  promise(BigInt(limits.frameBytesMax) + 1n),
  crumbs(2_000),
  maskedFrame(new Uint8Array(200), opcodes.ping).bytes,
  greedyList(),
  maskedFrame(new Uint8Array(limits.frameBytesMax).fill(0xff)).bytes,
];

/** Reads one connection: the head of the answer, the verdict, then whatever comes. */
class RempartEar {
  readonly #heard: Heard;
  #rest = Buffer.alloc(0);
  #state: "head" | "verdict" | "inside" | "over" = "head";

  constructor(heard: Heard) {
    this.#heard = heard;
  }

  readonly take = (bytes: Buffer): void => {
    if (this.#state === "over") return;
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (this.#state === "head") rest = this.#takeHead(rest);
    if (this.#state === "verdict" || this.#state === "inside") rest = this.#takeFrames(rest);
    this.#rest = Buffer.from(rest.subarray(0, 2 * limits.frameBytesMax));
  };

  #takeHead(bytes: Buffer): Buffer {
    const end = bytes.indexOf(headEnd);
    if (end < 0) return bytes;
    const isUpgraded = bytes.toString("latin1", 9, 12) === "101";
    this.#state = isUpgraded ? "verdict" : "over";
    if (isUpgraded) this.#heard.opened?.();
    else this.#heard.website?.();
    return bytes.subarray(end + headEnd.length);
  }

  #takeFrames(bytes: Buffer): Buffer {
    let at = 0;
    for (;;) {
      const header = frameHeaderAt(bytes, at, bytes.length);
      if (header === undefined || at + header.headerBytes + header.length > bytes.length) return bytes.subarray(at);
      const payload = bytes.subarray(at + header.headerBytes, at + header.headerBytes + header.length);
      at += header.headerBytes + header.length;
      if (header.opcode !== opcodes.binary) continue;
      if (this.#state === "verdict") this.#takeVerdict(payload);
      else this.#heard.answered?.();
    }
  }

  #takeVerdict(payload: Buffer): void {
    const verdict: Verdict = decode(verdictCodec, new Uint8Array(payload));
    this.#state = verdict.kind === "admitted" ? "inside" : "over";
    if (verdict.kind === "admitted") this.#heard.admitted?.(verdict.tickets.map((ticket) => new Uint8Array(ticket)));
    else if (verdict.puzzle === undefined) this.#heard.refused?.();
    else this.#heard.refused?.({ seed: new Uint8Array(verdict.puzzle.seed), effort: verdict.puzzle.effort });
  }
}
