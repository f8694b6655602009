/** Who may do what in a group. The group's members enforce it; screens only offer what will be allowed. */
import type { MemberRole } from "@rempart/client";

const ranks: Readonly<Record<MemberRole, number>> = { member: 0, admin: 1, owner: 2 };

export const roles: readonly MemberRole[] = ["owner", "admin", "member"];

/** Whether a role is at least the one that is needed. */
export function mayDo(own: MemberRole, needed: MemberRole): boolean {
  return ranks[own] >= ranks[needed];
}

/** Whether one stands above the other; an owner also above other owners' requests to step down. */
export function outranks(own: MemberRole, other: MemberRole): boolean {
  return ranks[own] > ranks[other];
}
