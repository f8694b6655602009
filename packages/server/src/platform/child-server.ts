/** A server in a process of its own, for tests that kill it: `child-server.ts DATA_DIR`. Prints one line of JSON when ready. */
import { toHex } from "@rempart/protocol";
import { startServer } from "./server.ts";

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error("the data directory is missing");
const { url, firstInvite } = await startServer({ dataDir, listen: { host: "127.0.0.1", port: 0 } });
process.stdout.write(`${JSON.stringify({ url, invite: firstInvite === undefined ? null : toHex(firstInvite) })}\n`);
