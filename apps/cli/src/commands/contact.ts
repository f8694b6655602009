import type { Command } from "../command.ts";
import { caughtUpClient, onlineClient, timeoutOption, withTimeout } from "../readiness.ts";
import { linkText, qrOption } from "./invite.ts";

const link: Command = {
  name: "contact link",
  usage: "[--qr]",
  summary: "Show the link with which others add you as a contact.",
  options: { ...qrOption, ...timeoutOption },
  positionals: { min: 0, max: 0 },
  async run(context) {
    const client = await context.client();
    const own = await withTimeout(context, client.contactLink(), "try again when the server can be reached");
    context.output.print({ link: own }, linkText(context, own));
  },
};

const add: Command = {
  name: "contact add",
  usage: "LINK",
  summary: "Add the owner of a contact or invitation link, and open a chat.",
  options: timeoutOption,
  positionals: { min: 1, max: 1 },
  async run(context) {
    const client = await onlineClient(context);
    const work = client.addContact(context.args.at(0));
    const { contact, chat } = await withTimeout(context, work, "run the same command again");
    const name = (await client.contacts()).find((other) => other.contact === contact)?.name ?? "";
    context.output.print({ contact, chat, name }, `${name === "" ? contact : name} is a contact now.`);
  },
};

const list: Command = {
  name: "contact list",
  usage: "",
  summary: "List contacts.",
  positionals: { min: 0, max: 0 },
  async run(context) {
    const client = await caughtUpClient(context);
    context.output.printList(await client.contacts(), {
      json: ({ contact, name, chat }) => ({ contact, name, chat: chat ?? null }),
      row: ({ contact, name }) => [name, contact],
      empty: 'No contacts. Add one with "rempart contact add LINK".',
    });
  },
};

export const contactCommands: readonly Command[] = [link, add, list];
