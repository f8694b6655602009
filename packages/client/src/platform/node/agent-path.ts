/**
 * Where the leader of a home listens: in the home itself, or, when that name is too long for a Unix socket
 * or the home's file system has none, in a directory of the system's temporary one that only its owner may
 * enter. The home records which.
 */
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";

const recordName = "agent";
const socketName = "agent.sock";

/** Longest name of a Unix socket that every system takes, in bytes. */
const pathBytesMax = 100;

/** The socket in the home itself; `undefined` when its name would be too long. */
export function insidePath(home: string): string | undefined {
  const path = join(home, socketName);
  rmSync(path, { force: true });
  return Buffer.byteLength(path) <= pathBytesMax ? path : undefined;
}

/** The socket in a directory of its own, which is made. */
export function makeOutsidePath(home: string): string {
  const hash = createHash("sha256").update(home).digest("hex").slice(0, 16);
  const path = join(makePrivate(join(tmpdir(), `rempart-${userInfo().uid}-${hash}`)), socketName);
  rmSync(path, { force: true });
  return path;
}

/** Lets other processes on this home find the leader. */
export function recordAgent(home: string, path: string): void {
  const draft = join(home, `${recordName}.new`);
  writeFileSync(draft, path, { mode: 0o600 });
  renameSync(draft, join(home, recordName));
}

/** Where the leader said that it listens; `undefined` when none did, or when others could listen there. */
export function findAgent(home: string): string | undefined {
  const path = readIfThere(join(home, recordName));
  return path !== undefined && isPrivate(dirname(path)) ? path : undefined;
}

/** Takes the record and the socket away. */
export function forgetAgent(home: string, path: string): void {
  rmSync(join(home, recordName), { force: true });
  if (dirname(path) === home) rmSync(path, { force: true });
  else rmSync(dirname(path), { recursive: true, force: true });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** `usual`, or a directory with a fresh name when somebody else has made that one. */
function makePrivate(usual: string): string {
  try {
    mkdirSync(usual, { mode: 0o700 });
    return usual;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return isPrivate(usual) ? usual : mkdtempSync(`${usual}-`);
}

/** Whether only this user may look into the directory. */
function isPrivate(dir: string): boolean {
  try {
    const { uid, mode } = lstatSync(dir);
    return uid === userInfo().uid && (mode & 0o077) === 0;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
