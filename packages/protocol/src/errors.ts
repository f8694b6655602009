/**
 * What can go wrong between a client and a server. The number travels, the name is for people and
 * programs; neither changes its meaning once released. Classed by who has to act.
 */
export const errorCodes = {
  // The sender's program is at fault: the connection is closed after the reply.
  ERR_MALFORMED: 1,
  ERR_TOO_LARGE: 2,
  ERR_VERSION: 3,
  ERR_OUT_OF_ORDER: 4,
  ERR_UNKNOWN_OPERATION: 5,
  // The request is refused; the connection goes on.
  ERR_NOT_AUTHENTICATED: 16,
  ERR_DENIED: 17,
  ERR_NOT_FOUND: 18,
  ERR_EXISTS: 19,
  ERR_EPOCH: 20,
  ERR_LAPSED: 21,
  ERR_EXPIRED: 22,
  ERR_INVITE_INVALID: 23,
  ERR_INVITE_SPENT: 24,
  ERR_INVITE_EXPIRED: 25,
  ERR_SIGNATURE: 26,
  ERR_OFFSET: 27,
  ERR_QUOTA: 28,
  // The server cannot just now; `retryAfterMs` says when to come back.
  ERR_BUSY: 48,
  ERR_STORAGE_FULL: 49,
  ERR_STORAGE: 50,
  ERR_SHUTTING_DOWN: 51,
  ERR_INTERNAL: 52,
} as const;

export type ErrorCode = keyof typeof errorCodes;
export type ErrorNumber = (typeof errorCodes)[ErrorCode];

const names = new Map<number, ErrorCode>(
  Object.entries(errorCodes).map(([name, number]) => [number, name as ErrorCode]),
);

/** The name of a number from the wire; an unknown one (a newer server's) reads as `ERR_INTERNAL`. */
export function errorCodeOf(number: number): ErrorCode {
  return names.get(number) ?? "ERR_INTERNAL";
}

/** After these the server closes the connection: the sender does not speak the protocol. */
export function isFatal(code: ErrorCode): boolean {
  return errorCodes[code] < 16;
}

/** After these the same request may be sent again later, unchanged. */
export function isTransient(code: ErrorCode): boolean {
  return errorCodes[code] >= 48;
}

/** A coded failure. `message` is for people and carries nothing secret or linkable. */
export class ProtocolError extends Error {
  readonly code: ErrorCode;
  /** Milliseconds after which trying again makes sense; 0 when it says nothing. */
  readonly retryAfterMs: number;

  constructor(code: ErrorCode, message: string, retryAfterMs = 0) {
    super(message);
    this.name = "ProtocolError";
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
