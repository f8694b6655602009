/**
 * One WebSocket message is one frame: `kind u8 · requestId u32 · body`. A request's kind is its
 * operation's number; replies carry {@link replyKind} or {@link errorKind} and the request's id; pushes
 * carry their own number and request id 0. See spec/wire.md.
 */
import { type Codec, Reader, Writer } from "./codec.ts";
import { errorCodeOf, errorCodes, ProtocolError } from "./errors.ts";
import { limits } from "./limits.ts";
import {
  errorReplyCodec,
  type OperationName,
  operationOf,
  operations,
  type PushName,
  type PushOf,
  pushes,
  type ReplyOf,
  type RequestOf,
} from "./operations.ts";

export const replyKind = 0x80;
export const errorKind = 0x81;

export type Request = {
  [N in OperationName]: { readonly name: N; readonly requestId: number; readonly body: RequestOf<N> };
}[OperationName];

export type Push = { [N in PushName]: { readonly name: N; readonly body: PushOf<N> } }[PushName];

/** What a client receives. The body of a reply is decoded later, by whoever knows what was asked. */
export type Received =
  | { readonly kind: "reply"; readonly requestId: number; readonly body: Uint8Array }
  | { readonly kind: "error"; readonly requestId: number; readonly error: ProtocolError }
  | { readonly kind: "push"; readonly push: Push };

function frame<T>(kind: number, requestId: number, codec: Codec<T>, body: T): Uint8Array<ArrayBuffer> {
  const writer = new Writer(1_280);
  writer.uint(kind, 1);
  writer.uint(requestId, 4);
  codec.encode(writer, body);
  const bytes = writer.finish();
  if (bytes.length > limits.frameBytesMax) throw new ProtocolError("ERR_TOO_LARGE", "the frame is too large");
  return bytes;
}

export function encodeRequest<N extends OperationName>(
  name: N,
  requestId: number,
  body: RequestOf<N>,
): Uint8Array<ArrayBuffer> {
  const { number, request } = operations[name];
  return frame(number, requestId, request as Codec<RequestOf<N>>, body);
}

/**
 * Decodes what a client sent. Throws `ERR_TOO_LARGE`, `ERR_MALFORMED` or `ERR_UNKNOWN_OPERATION`; the
 * request id, where it could be read, is found by {@link requestIdOf}.
 */
export function decodeRequest(bytes: Uint8Array): Request {
  const reader = openFrame(bytes);
  const kind = reader.uint(1);
  const requestId = reader.uint(4);
  const name = operationOf(kind);
  if (name === undefined) throw new ProtocolError("ERR_UNKNOWN_OPERATION", "this server does not know that operation");
  const body = whole(reader, operations[name].request as Codec<unknown>);
  return { name, requestId, body } as Request;
}

/** The request id of a frame that may otherwise be damaged; 0 when it is too short to have one. */
export function requestIdOf(bytes: Uint8Array): number {
  return bytes.length < 5 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
}

export function encodeReply<N extends OperationName>(
  name: N,
  requestId: number,
  body: ReplyOf<N>,
): Uint8Array<ArrayBuffer> {
  return frame(replyKind, requestId, operations[name].reply as Codec<ReplyOf<N>>, body);
}

export function encodeError(requestId: number, error: ProtocolError): Uint8Array<ArrayBuffer> {
  return frame(errorKind, requestId, errorReplyCodec, {
    code: errorCodes[error.code],
    retryAfterMs: error.retryAfterMs,
    message: error.message,
  });
}

export function encodePush<N extends PushName>(name: N, body: PushOf<N>): Uint8Array<ArrayBuffer> {
  const { number, codec } = pushes[name];
  return frame(number, 0, codec as Codec<PushOf<N>>, body);
}

/** Decodes what a server sent, up to the body of a reply. */
export function decodeReceived(bytes: Uint8Array): Received {
  const reader = openFrame(bytes);
  const kind = reader.uint(1);
  const requestId = reader.uint(4);
  if (kind === replyKind) return { kind: "reply", requestId, body: reader.bytes(reader.remaining) };
  if (kind === errorKind) {
    const { code, message, retryAfterMs } = whole(reader, errorReplyCodec);
    return { kind: "error", requestId, error: new ProtocolError(errorCodeOf(code), message, retryAfterMs) };
  }
  for (const [name, { number, codec }] of Object.entries(pushes)) {
    if (number === kind) return { kind: "push", push: { name, body: whole(reader, codec as Codec<unknown>) } as Push };
  }
  throw new ProtocolError("ERR_MALFORMED", "an unknown kind of frame");
}

/** Decodes the body of a reply to `name`. */
export function decodeReply<N extends OperationName>(name: N, body: Uint8Array): ReplyOf<N> {
  return whole(new Reader(body), operations[name].reply as Codec<ReplyOf<N>>);
}

function openFrame(bytes: Uint8Array): Reader {
  if (bytes.length > limits.frameBytesMax) throw new ProtocolError("ERR_TOO_LARGE", "the frame is too large");
  return new Reader(bytes);
}

function whole<T>(reader: Reader, codec: Codec<T>): T {
  const value = codec.decode(reader);
  if (reader.remaining !== 0) throw new ProtocolError("ERR_MALFORMED", "the frame has bytes left over");
  return value;
}
