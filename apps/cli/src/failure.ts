/** How a command fails: a stable code, a sentence, and what to do about it. */
import { ClientError, StoreError } from "@rempart/client";

/** Codes of the command line itself; those of the client pass through unchanged. */
export type CliErrorCode =
  /** The command line is not one of those that `--help` shows. */
  | "ERR_USAGE"
  /** A name or an id's beginning fits more than one. */
  | "ERR_AMBIGUOUS"
  | "ERR_NOT_FOUND"
  | "ERR_TIMEOUT"
  | "ERR_OFFLINE"
  /** The server does not take this device, or the local database failed; `reason` is the code of why. */
  | "ERR_REFUSED"
  | "ERR_NO_ACCOUNT"
  | "ERR_FILE"
  | "ERR_FILE_TOO_LARGE"
  | "ERR_PORT_IN_USE"
  | "ERR_LISTEN"
  | "ERR_NOT_A_TERMINAL"
  | "ERR_INTERRUPTED"
  /** The file is no table of sources, it could not be fetched, it is not what it says, or not readable. */
  | "ERR_GEO_TABLE"
  | "ERR_GEO_FETCH"
  | "ERR_GEO_INTEGRITY"
  | "ERR_GEO_FILE";

export class CliError extends Error {
  readonly code: CliErrorCode;
  /** More fields for `--json`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: CliErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "CliError";
    this.code = code;
    this.details = details;
  }
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** What the person can do, where there is something better than reading the message. */
  readonly hint?: string;
  /** 2 for a wrong command line, 130 when interrupted, 1 for everything else. */
  readonly exitCode: number;
}

const hints: Readonly<Record<string, string>> = {
  ERR_USAGE: "Run it with --help to see how it is used.",
  ERR_NO_ACCOUNT: 'Make one with "rempart account create --invite LINK --name NAME".',
  ERR_ACCOUNT_EXISTS: "Use another --home DIR for a second account.",
  ERR_OFFLINE: "Check that the server runs and can be reached, then try again.",
  ERR_INVITE_INVALID: "Ask for a new invitation link.",
  ERR_INVITE_SPENT: "Ask for a new invitation link.",
  ERR_INVITE_EXPIRED: "Ask for a new invitation link.",
  ERR_LINK: "Copy the link again, to its very end, and put it between quotes.",
  ERR_LOCAL_FULL: "Free some disk space; nothing that was stored is lost.",
  ERR_LOCAL_CORRUPT: "Move the home directory away and put a copy of it in its place.",
  ERR_PORT_IN_USE: "Choose another one with --listen HOST:PORT, or end the program that uses it.",
  ERR_GEO_FETCH: "Is the npm registry reachable? Otherwise install a table that you have with --from FILE.",
  ERR_BUSY: "Try again in a moment.",
};

/** What any error means for the person who typed the command. */
export function asFailure(error: unknown): Failure {
  if (error instanceof CliError) return failureOf(error.code, error.message, error.details);
  if (error instanceof ClientError || error instanceof StoreError) return failureOf(error.code, error.message, {});
  // Node's explanation goes on with advice about its own ways.
  if (isParseError(error)) return failureOf("ERR_USAGE", error.message.split(". ")[0] ?? "", {});
  return failureOf("ERR_INTERNAL", "the program failed at something it should not have tried", {});
}

function failureOf(code: string, message: string, details: Failure["details"]): Failure {
  const hint = hints[code];
  const exitCode = code === "ERR_USAGE" ? 2 : code === "ERR_INTERRUPTED" ? 130 : 1;
  return { code, message, details, exitCode, ...(hint === undefined ? {} : { hint }) };
}

function isParseError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
