/** Who is in a group, as chats store and show it. */
import { toHex } from "@rempart/protocol";
import { type Group, roleOf } from "@rempart/session";
import type { StoredMember, StoredMembers } from "../store/chats.ts";

/** Accounts with a device in a group, hexadecimal. */
export function accountsOf(group: Pick<Group, "members">): readonly string[] {
  return [...new Set(group.members.map((member) => toHex(member.accountId)))];
}

export function storedMembersOf(group: Group): StoredMembers {
  const members = new Map<string, StoredMember>();
  for (const { accountId } of group.members) {
    const account = toHex(accountId);
    const devices = (members.get(account)?.devices ?? 0) + 1;
    members.set(account, { account, role: roleOf(group.policy, accountId), devices });
  }
  return { members: [...members.values()], permissions: group.policy.permissions };
}
