import { readFile, stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { ChatView, ClientApi, OutgoingFile, SendRequest } from "@rempart/client";
import type { Command, Context } from "../command.ts";
import { CliError } from "../failure.ts";
import { readInput } from "../input.ts";
import { findChat } from "../lookup.ts";
import { caughtUpClient, timeoutOption, whenDurable } from "../readiness.ts";
import { sentLine } from "../shapes.ts";
import { formatBytes } from "../text/message.ts";

/** Largest file that is read into memory: what the client takes, 64 MiB. */
const fileBytesMax = 64 * 1_048_576;

/** Types that other programs show by themselves; everything else is offered for saving. */
const types: Readonly<Record<string, string>> = {
  ".gif": "image/gif",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".m4a": "audio/mp4",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".ogg": "audio/ogg",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".txt": "text/plain",
  ".webm": "video/webm",
  ".webp": "image/webp",
};

export const sendCommand: Command = {
  name: "send",
  usage: "CHAT TEXT… | CHAT --file PATH [TEXT…] | CHAT --stdin",
  summary: "Send a message or a file.",
  details: [
    "Returns when the server has the message safely on disk. If that takes too long it fails with ERR_TIMEOUT; the message stays queued and goes out with the next command that connects.",
    'Text that begins with a dash goes after "--".',
  ],
  options: {
    file: { type: "string", value: "PATH", help: "send this file" },
    stdin: { type: "boolean", help: "read the text from standard input" },
    ...timeoutOption,
  },
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const client = await context.client();
    const { chat } = await findChatOrFetch(context, client);
    const queued = await client.send({ chat, ...(await contentOf(context)) });
    const endProgress = queued.file === undefined ? undefined : showProgress(context, client, queued.message);
    try {
      const sent = await whenDurable(context, client, queued.message);
      context.output.print(sentLine(sent), "Sent.");
    } finally {
      endProgress?.();
    }
  },
};

/** A chat that this device has not heard of may be news. */
async function findChatOrFetch(context: Context, client: ClientApi): Promise<ChatView> {
  const query = context.args.at(0);
  try {
    return await findChat(client, query);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== "ERR_NOT_FOUND") throw error;
    await caughtUpClient(context);
    return findChat(client, query);
  }
}

async function contentOf({ args, world }: Context): Promise<Omit<SendRequest, "chat">> {
  const words = args.positionals.slice(1).join(" ");
  const path = args.text("file");
  if (args.flag("stdin") && (words !== "" || path !== undefined)) {
    throw new CliError("ERR_USAGE", "--stdin takes no TEXT and no --file beside it");
  }
  const text = args.flag("stdin") ? (await readInput(world.stdin)).replace(/\n$/, "") : words;
  if (path !== undefined) return { text, file: await readOutgoing(path) };
  if (text === "") throw new CliError("ERR_USAGE", "there is nothing to send: give TEXT, --file PATH or --stdin");
  return { text };
}

async function readOutgoing(path: string): Promise<OutgoingFile> {
  try {
    const { size } = await stat(path);
    if (size > fileBytesMax) {
      throw new CliError(
        "ERR_FILE_TOO_LARGE",
        `${path} has ${formatBytes(size)}; a file has at most ${formatBytes(fileBytesMax)}`,
      );
    }
    const bytes = new Uint8Array(await readFile(path));
    return { name: basename(path), type: types[extname(path).toLowerCase()] ?? "application/octet-stream", bytes };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError("ERR_FILE", `${path} cannot be read`);
  }
}

const barColumns = 30;

/** Draws how much of the file is on the server; the returned function takes the bar away. */
function showProgress({ output }: Context, client: ClientApi, message: string): () => void {
  const unsubscribe = client.subscribe((event) => {
    if (event.event !== "message" || event.message.message !== message) return;
    const { size, transferred = 0 } = event.message.file ?? { size: 0 };
    if (size === 0) return;
    const done = Math.min(barColumns, Math.floor((barColumns * transferred) / size));
    const bar = "█".repeat(done) + "░".repeat(barColumns - done);
    output.progress(`${bar} ${formatBytes(transferred)} of ${formatBytes(size)}`);
  });
  return () => {
    unsubscribe();
    output.progress("");
  };
}
