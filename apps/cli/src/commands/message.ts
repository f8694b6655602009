import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Command } from "../command.ts";
import { CliError } from "../failure.ts";
import { findMessage } from "../lookup.ts";
import { caughtUpClient, timeoutOption, whenDurable, withTimeout } from "../readiness.ts";
import { sentLine } from "../shapes.ts";

const messageDetails = [
  "MESSAGE is a message's id or at least its first 8 characters, as history --json shows them. After a CHAT it may also be the word last.",
];

const reply: Command = {
  name: "reply",
  usage: "[CHAT] MESSAGE TEXT",
  summary: "Reply to a message.",
  details: messageDetails,
  options: timeoutOption,
  positionals: { min: 2, max: 3 },
  async run(context) {
    const client = await caughtUpClient(context);
    const { message, rest } = await findMessage(client, context.args.positionals, { restCount: 1, ownOnly: false });
    const queued = await client.send({ chat: message.chat, text: rest[0] ?? "", replyTo: message.message });
    context.output.print(sentLine(await whenDurable(context, client, queued.message)), "Sent.");
  },
};

const react: Command = {
  name: "react",
  usage: "[CHAT] MESSAGE EMOJI [--remove]",
  summary: "React to a message, or take a reaction back.",
  details: messageDetails,
  options: { remove: { type: "boolean", help: "take the reaction back" }, ...timeoutOption },
  positionals: { min: 2, max: 3 },
  async run(context) {
    const client = await caughtUpClient(context);
    const { message, rest } = await findMessage(client, context.args.positionals, { restCount: 1, ownOnly: false });
    const request = { message: message.message, emoji: rest[0] ?? "", remove: context.args.flag("remove") };
    await client.react(request);
    context.output.print(sentLine(await whenDurable(context, client, message.message)), "Done.");
  },
};

const edit: Command = {
  name: "edit",
  usage: "[CHAT] MESSAGE TEXT",
  summary: "Change the text of a message of yours.",
  details: messageDetails,
  options: timeoutOption,
  positionals: { min: 2, max: 3 },
  async run(context) {
    const client = await caughtUpClient(context);
    const { message, rest } = await findMessage(client, context.args.positionals, { restCount: 1, ownOnly: true });
    await client.edit({ message: message.message, text: rest[0] ?? "" });
    context.output.print(sentLine(await whenDurable(context, client, message.message)), "Changed.");
  },
};

const remove: Command = {
  name: "delete",
  usage: "[CHAT] MESSAGE",
  summary: "Delete a message of yours for everyone.",
  details: messageDetails,
  options: timeoutOption,
  positionals: { min: 1, max: 2 },
  async run(context) {
    const client = await caughtUpClient(context);
    const { message } = await findMessage(client, context.args.positionals, { restCount: 0, ownOnly: true });
    await client.delete(message.message);
    context.output.print(sentLine(await whenDurable(context, client, message.message)), "Deleted.");
  },
};

const retry: Command = {
  name: "retry",
  usage: "[CHAT] MESSAGE",
  summary: "Send a message again that has failed.",
  details: messageDetails,
  options: timeoutOption,
  positionals: { min: 1, max: 2 },
  async run(context) {
    const client = await context.client();
    const { message } = await findMessage(client, context.args.positionals, { restCount: 0, ownOnly: true });
    await client.retry(message.message);
    context.output.print(sentLine(await whenDurable(context, client, message.message)), "Sent.");
  },
};

const save: Command = {
  name: "save",
  usage: "[CHAT] MESSAGE [--output PATH]",
  summary: "Save the file that came with a message.",
  details: [
    ...messageDetails,
    "Without --output it is saved in the current directory under its own name. A file that is there already is not overwritten.",
  ],
  options: { output: { type: "string", value: "PATH", help: "where to save it" }, ...timeoutOption },
  positionals: { min: 1, max: 2 },
  async run(context) {
    const client = await caughtUpClient(context);
    const { message } = await findMessage(client, context.args.positionals, { restCount: 0, ownOnly: false });
    if (message.file === undefined) throw new CliError("ERR_NOT_FOUND", "that message has no file");
    const file = await withTimeout(context, client.file(message.message), "run it again to go on with the download");
    const path = context.args.text("output") ?? safeName(file.name);
    await writeNew(path, file.bytes);
    context.output.print({ message: message.message, path, size: file.bytes.length }, `Saved as ${path}.`);
  },
};

/** The last part of a name that somebody else chose, without what has a meaning in a path. */
function safeName(name: string): string {
  const bare = basename(name.replaceAll("\\", "/")).replace(/\p{Cc}/gu, "_");
  return bare === "" || bare.startsWith(".") ? `file${bare}` : bare;
}

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    throw new CliError(
      "ERR_FILE",
      exists ? `${path} is there already: choose another --output` : `${path} cannot be written`,
    );
  }
}

export const messageCommands: readonly Command[] = [reply, react, edit, remove, retry, save];
