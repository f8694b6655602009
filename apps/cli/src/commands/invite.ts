import type { InviteView } from "@rempart/client";
import { limits } from "@rempart/protocol";
import { renderUnicodeCompact } from "uqr";
import type { Command, Context } from "../command.ts";
import { CliError } from "../failure.ts";
import { onlineClient, timeoutOption, withTimeout } from "../readiness.ts";
import { resolve } from "../resolve.ts";
import { formatTime } from "../text/time.ts";

const dayMs = 86_400_000;

export const qrOption = { qr: { type: "boolean", help: "also draw the link as a QR code" } } as const;

/** The link, and its QR code under it when it was asked for. */
export function linkText({ args }: Context, link: string): string {
  return args.flag("qr") ? `${link}\n\n${renderUnicodeCompact(link)}` : link;
}

const create: Command = {
  name: "invite create",
  usage: "[--uses N] [--expires 7d] [--admin] [--qr]",
  summary: "Make an invitation link.",
  details: [
    "Whoever opens the link can make an account on this server and has you as a contact; somebody who has an account only gets the contact.",
  ],
  options: {
    uses: { type: "string", value: "N", help: "accounts that may be made with it (default 1)" },
    expires: { type: "string", value: "DURATION", help: "for how long it is good, such as 12h or 7d (default 7d)" },
    admin: { type: "boolean", help: "accounts made with it are admins of the server" },
    ...qrOption,
    ...timeoutOption,
  },
  positionals: { min: 0, max: 0 },
  async run(context) {
    const { args, output } = context;
    const request = {
      uses: args.integer("uses", { min: 1, max: limits.inviteUsesMax, otherwise: 1 }),
      expiresInMs: args.duration("expires", 7 * dayMs),
      role: args.flag("admin") ? "admin" : "member",
    } as const;
    if (request.expiresInMs > limits.inviteLifetimeMsMax) throw new CliError("ERR_USAGE", "--expires is at most 366d");
    const client = await onlineClient(context);
    const invite = await withTimeout(context, client.createInvite(request), "see invite list for what was made");
    output.print(lineOf(invite), linkText(context, invite.invite));
  },
};

const list: Command = {
  name: "invite list",
  usage: "",
  summary: "List the invitations made on this device.",
  positionals: { min: 0, max: 0 },
  async run(context) {
    const client = await context.client();
    const now = context.world.now();
    context.output.printList(await client.invites(), {
      json: lineOf,
      row: (invite) => [
        invite.id.slice(0, 8),
        `${invite.uses} ${invite.uses === 1 ? "use" : "uses"}`,
        stateOf(invite, now),
        invite.invite,
      ],
      empty: "No invitations.",
    });
  },
};

const revoke: Command = {
  name: "invite revoke",
  usage: "INVITE",
  summary: "Make an invitation useless; INVITE is its id or the link itself.",
  options: timeoutOption,
  positionals: { min: 1, max: 1 },
  async run(context) {
    const client = await onlineClient(context);
    const query = context.args.at(0);
    const candidates = (await client.invites()).map(({ id, invite }) => ({ id, name: invite }));
    const { id } = candidates.find(({ name }) => name === query) ?? resolve("invitation", query, candidates);
    await withTimeout(context, client.revokeInvite(id), "run it again to be certain");
    context.output.print({ id, revoked: true }, "The invitation can no longer be used.");
  },
};

function lineOf({ invite, id, uses, expiresAt, createdAt, revoked }: InviteView): object {
  return { invite, id, uses, expiresAt, createdAt, revoked };
}

function stateOf({ revoked, expiresAt }: InviteView, now: number): string {
  if (revoked) return "revoked";
  return expiresAt <= now ? "expired" : `until ${formatTime(expiresAt, now)}`;
}

export const inviteCommands: readonly Command[] = [create, list, revoke];
