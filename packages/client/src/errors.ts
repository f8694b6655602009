/** How every call of the client fails: a stable code for programs, a sentence for a person. */
import type { ErrorCode } from "@rempart/protocol";
import type { SessionErrorCode } from "@rempart/session";
import type { StoreError } from "./ports.ts";

/** Codes that the client itself gives; codes of the protocol and of the session pass through it unchanged. */
export type OwnErrorCode =
  /** There is no account on this device yet. */
  | "ERR_NO_ACCOUNT"
  /** This device has an account already. */
  | "ERR_ACCOUNT_EXISTS"
  /** An argument is missing, empty or out of range. */
  | "ERR_ARGUMENT"
  /** The chat was left, or this account was removed from it. */
  | "ERR_INACTIVE"
  /** The role that this account has in the group does not allow it. */
  | "ERR_PERMISSION"
  /** It needs the server, and there is no connection. */
  | "ERR_OFFLINE"
  /** No answer in time; whether the server acted on it is not known. */
  | "ERR_TIMEOUT"
  /** The client, or the channel to it, was closed. */
  | "ERR_CLOSED"
  | "ERR_FILE_TOO_LARGE"
  /** What a file's reference points to is not what its sender uploaded. */
  | "ERR_FILE_DAMAGED"
  /** The link leads to another server than the one that holds this account. */
  | "ERR_OTHER_SERVER"
  /** The link is one's own. */
  | "ERR_OWN_LINK"
  /** The other side cannot be reached with keys that this device supports. */
  | "ERR_NO_KEY_PACKAGE"
  /** The group has post-quantum keys and as many devices as it may: a new, larger group will have classical ones. */
  | "ERR_HYBRID_FULL"
  /** This device has fallen out of step with a group, and no member has helped it back yet. */
  | "ERR_OUT_OF_STEP"
  /** The server showed this device another history than it showed to the author of a message. */
  | "ERR_SERVER_FORK";

export type ClientErrorCode = OwnErrorCode | ErrorCode | SessionErrorCode | StoreError["code"];

export class ClientError extends Error {
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string) {
    super(message);
    this.name = "ClientError";
    this.code = code;
  }
}

/**
 * Errors that Node gives codes of its own, which mean nothing to a caller. They are told apart by name, and not
 * ours by class, because the page that only talks to a client must not load the session package.
 */
const foreignErrors = new Set(["Error", "TypeError", "RangeError", "SyntaxError", "SystemError", "AssertionError"]);

/**
 * What any failure looks like to a caller. Errors that carry a code keep it (those of the protocol, the
 * session and the store); anything else is a defect of the program and reads `ERR_INTERNAL`.
 */
export function asClientError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  if (error instanceof Error && !foreignErrors.has(error.name) && "code" in error && isCode(error.code)) {
    return new ClientError(error.code, error.message);
  }
  const failure = new ClientError("ERR_INTERNAL", "the program failed at something it should not have tried");
  failure.cause = error;
  return failure;
}

/** Whether a value has the form of a code. Codes come from newer programs too, so their list is open. */
export function isCode(value: unknown): value is ClientErrorCode {
  return typeof value === "string" && /^ERR_[A-Z0-9_]{1,60}$/.test(value);
}
