import type { Command, Context } from "../command.ts";
import { CliError } from "../failure.ts";
import { readInput } from "../input.ts";
import { timeoutOption, withTimeout } from "../readiness.ts";

const create: Command = {
  name: "account create",
  usage: "--invite LINK --name NAME",
  summary: "Make an account with an invitation link.",
  details: ["Prints the recovery phrase. Write it down: it is the only way back when this device is lost."],
  options: {
    invite: { type: "string", value: "LINK", help: "the invitation link" },
    name: { type: "string", value: "NAME", help: "the name that contacts see" },
    ...timeoutOption,
  },
  positionals: { min: 0, max: 0 },
  async run(context) {
    const { args, output } = context;
    const request = { invite: args.required("invite"), name: args.required("name") };
    const { client } = await context.home();
    const work = client.createAccount(request);
    const made = await withTimeout(
      context,
      work,
      "it goes on with the next command; account show tells whether it is made",
    );
    output.print(
      { account: made.account, name: made.name, recovery: made.recovery },
      [
        `Welcome, ${made.name}. Your account is ${made.account}.`,
        "",
        "Your recovery phrase (write it down, and keep it to yourself):",
        `  ${made.recovery}`,
      ].join("\n"),
    );
  },
};

const show: Command = {
  name: "account show",
  usage: "",
  summary: "Show the account of this device.",
  positionals: { min: 0, max: 0 },
  async run(context) {
    const account = await accountOf(context);
    const { connection: ask } = await context.client();
    const connection = await ask();
    const rows = [
      `name      ${account.name}`,
      `account   ${account.account}`,
      `device    ${account.device}`,
      `server    ${account.server}`,
      `role      ${account.role}`,
      `phrase    ${account.recoveryConfirmed ? "checked" : 'not checked: run "rempart account recovery --check"'}`,
    ];
    context.output.print({ ...account, connection: connection.state }, rows.join("\n"));
  },
};

const rename: Command = {
  name: "account rename",
  usage: "NAME",
  summary: "Change the name that contacts see.",
  positionals: { min: 1, max: 1 },
  async run(context) {
    const client = await context.client();
    await client.rename(context.args.at(0));
    const { account, name } = await accountOf(context);
    context.output.print({ account, name }, `You are now called ${name}.`);
  },
};

const recovery: Command = {
  name: "account recovery",
  usage: "[--check]",
  summary: "Show the recovery phrase, or check that you have it.",
  details: ["With --check the twelve words are read from standard input and compared, and nothing is shown."],
  options: { check: { type: "boolean", help: "check the phrase that is typed" } },
  positionals: { min: 0, max: 0 },
  async run(context) {
    const client = await context.client();
    const { account } = await accountOf(context);
    if (!context.args.flag("check")) {
      const phrase = await client.recoveryPhrase();
      context.output.print({ account, recovery: phrase }, phrase);
      return;
    }
    if (context.world.stdin.isTTY) context.output.remark("Type the twelve words, then Ctrl-D:");
    const words = (await readInput(context.world.stdin)).trim().toLowerCase().split(/\s+/);
    if (words.length !== 12) throw new CliError("ERR_USAGE", `a phrase has twelve words, not ${words.length}`);
    await client.confirmRecovery(words.map((word, position) => ({ position, word })));
    context.output.print({ account, recoveryConfirmed: true }, "That is your phrase.");
  },
};

async function accountOf(context: Context) {
  const client = await context.client();
  const account = await client.account();
  if (account === null) throw new CliError("ERR_NO_ACCOUNT", "there is no account on this device yet");
  return account;
}

export const accountCommands: readonly Command[] = [create, show, rename, recovery];
