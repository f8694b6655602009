/** Reads the one request that the gate answers itself: the upgrade at `/v1/connect`. Everything else is the website's. */
import { connectPath } from "@rempart/protocol";

/** Header lines: pieces count as well as bytes. */
const linesMax = 64;

export type HeadReading =
  | "incomplete"
  /** The start of another request, for the website to answer. */
  | "website"
  /** No HTTP, or no upgrade as RFC 6455 §4.1 wants it. */
  | "junk"
  | "too-long"
  | UpgradeHead;

export interface UpgradeHead {
  /** Length of the head. */
  readonly bytes: number;
  readonly key: string;
  readonly host: string;
  readonly origin?: string;
  readonly forwardedFor?: string;
}

const firstLine = Buffer.from(`GET ${connectPath} HTTP/1.1\r\n`);
const headEnd = "\r\n\r\n";
const linePattern = /^([!#$%&'*+.^_`|~\dA-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
const keyPattern = /^[+/\dA-Za-z]{22}==$/;

/** Reads everything that a connection has sent so far. `bytesMax`: the longest head of an upgrade. */
export function readRequestHead(bytes: Buffer, bytesMax: number): HeadReading {
  const compared = Math.min(bytes.length, firstLine.length);
  if (firstLine.compare(bytes, 0, compared, 0, compared) !== 0) return isHttp(bytes) ? "website" : "junk";
  const end = bytes.indexOf(headEnd, 0, "latin1");
  if (end === -1 || end + headEnd.length > bytesMax) {
    return bytes.length >= bytesMax ? "too-long" : "incomplete";
  }
  const headers = headersOf(bytes.toString("latin1", firstLine.length, end));
  if (headers === undefined) return "junk";
  // The path without an upgrade is a page that does not exist, and the website says so.
  return headers.has("upgrade") ? upgradeOf(headers, end + headEnd.length) : "website";
}

/** Methods are capital letters: whatever starts otherwise does not speak HTTP. */
function isHttp(bytes: Buffer): boolean {
  const [first = 0] = bytes;
  return first >= 0x41 && first <= 0x5a;
}

/** By lower-case name; repeated ones joined as RFC 9110 §5.3 says. */
function headersOf(text: string): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  const lines = text.split("\r\n");
  if (lines.length > linesMax) return undefined;
  for (const line of lines) {
    const [, name = "", value = ""] = linePattern.exec(line) ?? [];
    if (name === "") return undefined;
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value.trimEnd() : `${before}, ${value.trimEnd()}`);
  }
  return headers;
}

function upgradeOf(headers: Map<string, string>, bytes: number): UpgradeHead | "junk" {
  const host = headers.get("host");
  const key = headers.get("sec-websocket-key");
  const hasBody = headers.has("transfer-encoding") || (headers.get("content-length") ?? "0") !== "0";
  const isUpgrade = hasToken(headers.get("upgrade"), "websocket") && hasToken(headers.get("connection"), "upgrade");
  if (!isUpgrade || hasBody || host === undefined || key === undefined || !keyPattern.test(key)) return "junk";
  if (headers.get("sec-websocket-version") !== "13") return "junk";
  const origin = headers.get("origin");
  const forwardedFor = headers.get("x-forwarded-for");
  return {
    bytes,
    key,
    host,
    ...(origin === undefined ? {} : { origin }),
    ...(forwardedFor === undefined ? {} : { forwardedFor }),
  };
}

function hasToken(value: string | undefined, token: string): boolean {
  return (value ?? "").split(",").some((each) => each.trim().toLowerCase() === token);
}
