import { homedir } from "node:os";
import { join } from "node:path";
import type { World } from "./command.ts";

/** The options of every command that works on a server's data. */
export const dataOption = {
  type: "string",
  value: "DIR",
  help: "where everything is kept (default $REMPART_DATA, then $XDG_DATA_HOME/rempart-server)",
} as const;

/** Where a server keeps everything. */
export function dataDirOf(option: string | undefined, env: World["env"]): string {
  return (
    option ?? (env.REMPART_DATA || join(env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "rempart-server"))
  );
}
