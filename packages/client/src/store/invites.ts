/** Invitations made on this device. */
import { asId, type Capability, type InviteSecret } from "@rempart/protocol";
import type { Store } from "../ports.ts";
import { type Row, rowOf, rowsOf } from "./row.ts";

export interface InviteRow {
  readonly id: string;
  readonly link: string;
  readonly secret: InviteSecret;
  readonly revokeKey: Capability;
  readonly uses: number;
  readonly expiresAt: number;
  readonly createdAt: number;
  readonly isRevoked: boolean;
}

export class InviteTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  add(row: InviteRow): void {
    this.#store.run(
      `INSERT INTO invites (id, link, secret, revoke_key, uses, expires_at, created_at, is_revoked)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      row.id,
      row.link,
      row.secret,
      row.revokeKey,
      row.uses,
      row.expiresAt,
      row.createdAt,
      row.isRevoked ? 1 : 0,
    );
  }

  get(id: string): InviteRow | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM invites WHERE id = ?", id)[0]);
    return row && inviteOf(row);
  }

  all(): readonly InviteRow[] {
    return rowsOf(this.#store.all("SELECT * FROM invites ORDER BY created_at DESC, id")).map(inviteOf);
  }

  revoke(id: string): void {
    this.#store.run("UPDATE invites SET is_revoked = 1 WHERE id = ?", id);
  }

  remove(id: string): void {
    this.#store.run("DELETE FROM invites WHERE id = ?", id);
  }
}

function inviteOf(row: Row): InviteRow {
  return {
    id: row.text("id"),
    link: row.text("link"),
    secret: asId("InviteSecret", row.bytes("secret")),
    revokeKey: asId("Capability", row.bytes("revoke_key")),
    uses: row.number("uses"),
    expiresAt: row.number("expires_at"),
    createdAt: row.number("created_at"),
    isRevoked: row.bool("is_revoked"),
  };
}
