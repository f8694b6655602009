import type { MessageView } from "@rempart/client";
import type { Command, Context } from "../command.ts";
import { findChat } from "../lookup.ts";
import { caughtUpClient } from "../readiness.ts";
import { messageLine } from "../shapes.ts";
import { bodyOf, markOf, quoteOf } from "../text/message.ts";
import { formatTime } from "../text/time.ts";
import { printable } from "../text/width.ts";

/** Messages asked for at once: the most that the client gives. */
const pageMessages = 500;

export const historyCommand: Command = {
  name: "history",
  usage: "CHAT [--limit N] [--offline]",
  summary: "Print the messages of a chat, the oldest first.",
  details: ["First fetches what is new, if the server can be reached. Nothing is marked as read: see chat read."],
  options: {
    limit: { type: "string", value: "N", help: "only the last N messages (default 50)" },
    offline: { type: "boolean", help: "only what this device has already" },
  },
  positionals: { min: 1, max: 1 },
  async run(context) {
    const { args, output } = context;
    const limit = args.integer("limit", { min: 1, max: 1_000_000, otherwise: 50 });
    const client = args.flag("offline") ? await context.client() : await caughtUpClient(context);
    const { chat } = await findChat(client, args.at(0));
    const pages: (readonly MessageView[])[] = [];
    let before: number | undefined;
    for (let left = limit; left > 0; ) {
      const wanted = Math.min(left, pageMessages);
      const page = await client.messages({ chat, limit: wanted, ...(before === undefined ? {} : { before }) });
      pages.push(page);
      left -= page.length;
      before = page[0]?.order;
      if (page.length < wanted) break;
    }
    for (const message of pages.reverse().flat()) output.print(messageLine(message), messageText(context, message));
  },
};

/** A message for a person: one line, or more when its text has more. */
export function messageText({ output, world }: Context, message: MessageView): string {
  const time = output.style("dim", formatTime(message.at, world.now()));
  if (message.notice !== undefined) return `${time}  ${output.style("dim", `— ${bodyOf(message)}`)}`;
  const name = output.style(message.isOwn ? "green" : "cyan", printable(message.name));
  const quote = quoteOf(message);
  const replied = quote === "" ? "" : `${output.style("dim", `> ${quote}`)}\n       `;
  const mark = markOf(message);
  const state = mark === "" ? "" : ` ${output.style(message.state === "failed" ? "red" : "dim", mark)}`;
  return `${time}  ${name}: ${replied}${bodyOf(message)}${state}`;
}
