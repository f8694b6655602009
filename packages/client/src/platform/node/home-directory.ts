/** The directory that holds one device's database; nobody but its owner may look into it. */
import { chmodSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { ClientError } from "../../errors.ts";
import { StoreError } from "../../ports.ts";

const databaseName = "rempart.db";
const lockName = "leader.lock";

export interface HomeDirectory {
  /** Absolute, with symbolic links followed: two names of one home are the same home. */
  readonly path: string;
  readonly database: string;
  readonly lock: string;
}

/** Makes the directory if need be. A directory that holds other things is refused with `ERR_ARGUMENT`. */
export function prepareHome(dir: string): HomeDirectory {
  const { path, names } = makeDirectory(dir);
  if (names.length > 0 && !names.includes(lockName)) {
    throw new ClientError("ERR_ARGUMENT", `${dir} holds other files: a home is a directory of its own`);
  }
  return { path, database: join(path, databaseName), lock: join(path, lockName) };
}

function makeDirectory(dir: string): { readonly path: string; readonly names: readonly string[] } {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const path = realpathSync(dir);
    const names = readdirSync(path);
    // Nothing is changed about a directory that is somebody else's, or holds other things.
    if (names.length === 0 || names.includes(lockName)) chmodSync(path, 0o700);
    return { path, names };
  } catch (error) {
    const failure = new StoreError("ERR_LOCAL_STORAGE", `the home directory ${dir} cannot be used`);
    failure.cause = error;
    throw failure;
  }
}
