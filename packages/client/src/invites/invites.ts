/** Invitations to this server that this device has made. */
import { asId, authOf, gateLimits, limits, ProtocolError, toHex } from "@rempart/protocol";
import { formatLink, type Link, parseLink } from "@rempart/session";
import type { InviteView, LinkView } from "../api.ts";
import { kindOf } from "../contacts/contacts.ts";
import { cleanName } from "../contacts/welcome.ts";
import type { Engine } from "../engine/engine.ts";
import { asClientError, ClientError } from "../errors.ts";
import type { InviteRow } from "../store/invites.ts";

export interface InviteRequest {
  readonly uses: number;
  readonly expiresInMs: number;
  readonly role?: "member" | "admin";
}

export class Invites {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async create({ uses, expiresInMs, role = "member" }: InviteRequest): Promise<InviteView> {
    checkRequest(uses, expiresInMs);
    const { crypto, clock, tables } = this.#engine;
    const secret = asId("InviteSecret", crypto.entropy.randomBytes(16));
    const revokeKey = asId("Capability", crypto.entropy.randomBytes(32));
    const { card: contact } = this.#engine.own();
    const origin = this.#engine.server();
    const name = this.#engine.contacts.ownName();
    // Gone from the purse before they are in a link: nobody shows what somebody else may.
    const tokens = this.#engine.purse.takeSpare(gateLimits.tokensPerInviteMax);
    const link = { kind: "invitation", origin, inviteSecret: secret, contact, ...name, tokens } as const;
    const createdAt = clock.now();
    const row: InviteRow = {
      id: toHex(crypto.entropy.randomBytes(16)),
      link: await formatLink(crypto, link),
      secret,
      revokeKey,
      uses,
      expiresAt: createdAt + expiresInMs,
      createdAt,
      isRevoked: false,
    };
    // Kept before the server hears of it: an invitation that nobody could withdraw must not exist.
    this.#engine.write(() => tables.invites.add(row));
    try {
      const auths = { inviteAuth: authOf(secret), revokeAuth: authOf(revokeKey) };
      await this.#engine.connection.request("inviteCreate", { ...auths, uses, expiresAt: row.expiresAt, role });
    } catch (error) {
      if (error instanceof ProtocolError || asClientError(error).code === "ERR_OFFLINE") {
        this.#engine.write(() => tables.invites.remove(row.id));
        for (const token of tokens) this.#engine.purse.putBack(token);
      }
      throw error;
    }
    return viewOf(row);
  }

  all(): readonly InviteView[] {
    return this.#engine.tables.invites.all().map(viewOf);
  }

  async revoke(id: string): Promise<void> {
    const row = this.#engine.tables.invites.get(id);
    if (row === undefined) throw new ClientError("ERR_NOT_FOUND", "there is no such invitation");
    await this.#engine.connection.request("inviteRevoke", { revokeKey: row.revokeKey });
    this.#engine.write(() => this.#engine.tables.invites.revoke(id));
  }

  async inspect(text: string): Promise<LinkView> {
    const link = await parseLink(this.#engine.crypto, text);
    const name = cleanName(link.name ?? "");
    return {
      kind: kindOf(link),
      server: link.origin,
      ...(link.contact && { account: toHex(link.contact.accountId) }),
      ...(name !== "" && { name }),
      ...(await this.#status(link)),
    };
  }

  /** What the server says of an invitation; nothing when it is another server, or there is no connection. */
  async #status(link: Link): Promise<Pick<LinkView, "usesLeft" | "expiresAt" | "error">> {
    const isOwnServer = link.origin === this.#engine.server();
    if (link.kind !== "invitation" || !isOwnServer || !this.#engine.connection.isOnline) return {};
    try {
      return await this.#engine.connection.request("inviteStatus", { inviteSecret: link.inviteSecret });
    } catch (error) {
      const { code } = asClientError(error);
      if (code.startsWith("ERR_INVITE_")) return { error: code };
      if (code === "ERR_OFFLINE" || code === "ERR_TIMEOUT" || error instanceof ProtocolError) return {};
      throw error;
    }
  }
}

function checkRequest(uses: number, expiresInMs: number): void {
  const isGood =
    Number.isInteger(uses) &&
    uses >= 1 &&
    uses <= limits.inviteUsesMax &&
    Number.isInteger(expiresInMs) &&
    expiresInMs > 0 &&
    expiresInMs < limits.inviteLifetimeMsMax;
  if (!isGood) throw new ClientError("ERR_ARGUMENT", "an invitation has 1 to 1,000 uses and expires within a year");
}

function viewOf({ link, id, uses, expiresAt, createdAt, isRevoked }: InviteRow): InviteView {
  return { invite: link, id, uses, expiresAt, createdAt, revoked: isRevoked };
}
