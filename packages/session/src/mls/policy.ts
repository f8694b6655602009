/** {@link GroupPolicy} on the wire: the `rempart_group` group-context extension. */
import {
  type AccountId,
  bytes,
  type Codec,
  decode,
  encode,
  id,
  list,
  oneOf,
  ProtocolError,
  struct,
  text,
  u8,
} from "@rempart/protocol";
import { type Extension, encodeRequiredCapabilities } from "ts-mls";
import { sameSecret } from "../bytes.ts";
import { SessionError } from "../errors.ts";
import type { GroupPolicy, Permissions, Role } from "../types.ts";
import { ensure } from "./guard.ts";
import { mlsLimits } from "./limits.ts";

/** `rempart_group`, in the range that RFC 9420 §17.3 leaves to private use. */
export const groupExtensionType = 0xf7a1;
/** `last_resort_key_package` of draft-ietf-mls-extensions. */
export const lastResortExtensionType = 0x000a;

const policyVersion = 1;
const role = oneOf("member", "admin", "owner");
const policyFields = struct({
  version: u8,
  kind: oneOf("direct", "group", "self"),
  name: text(3 * mlsLimits.nameUnitsMax),
  picture: bytes(mlsLimits.pictureBytesMax),
  roles: list(struct({ accountId: id("AccountId"), role: oneOf("admin", "owner") }), mlsLimits.rolesMax),
  permissions: struct({ addMembers: role, removeMembers: role, changeInfo: role, send: role }),
});

/** Strict: one policy has exactly one encoding, so that equal policies are equal bytes. */
export const groupPolicyCodec: Codec<GroupPolicy> = {
  encode(writer, policy) {
    checkForm(policy);
    policyFields.encode(writer, { version: policyVersion, ...policy });
  },
  decode(reader) {
    const { version, ...policy } = policyFields.decode(reader);
    if (version !== policyVersion) throw new ProtocolError("ERR_MALFORMED", "an unknown version of group policy");
    checkForm(policy);
    return policy;
  },
};

function checkForm(policy: GroupPolicy): void {
  if (policy.name.length > mlsLimits.nameUnitsMax) throw new ProtocolError("ERR_TOO_LARGE", "the name is too long");
  const isPlain = policy.name === "" && policy.picture.length === 0;
  if (policy.kind !== "group" && !isPlain) {
    throw new ProtocolError("ERR_MALFORMED", "only groups have a name or a picture");
  }
  for (const [index, entry] of policy.roles.entries()) {
    const next = policy.roles[index + 1];
    if (next !== undefined && compareBytes(entry.accountId, next.accountId) >= 0) {
      throw new ProtocolError("ERR_MALFORMED", "roles are not sorted by account");
    }
  }
}

/** Orders byte strings of one length. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (const [index, byte] of a.entries()) {
    const difference = byte - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const requiredCapabilities = encodeRequiredCapabilities({
  extensionTypes: [groupExtensionType],
  proposalTypes: [],
  credentialTypes: ["basic"],
});

/** The group-context extensions of a group with this policy: these two and no others. */
export function extensionsOf(policy: GroupPolicy): Extension[] {
  return [
    { extensionType: "required_capabilities", extensionData: requiredCapabilities },
    { extensionType: groupExtensionType, extensionData: encode(groupPolicyCodec, policy) },
  ];
}

/** The policy in a group's extensions. Throws `ERR_POLICY` when they are not those of a Rempart group. */
export function policyOf(extensions: readonly Extension[]): GroupPolicy {
  const [required, group] = extensions;
  const isOurs =
    extensions.length === 2 &&
    required?.extensionType === "required_capabilities" &&
    sameSecret(required.extensionData, requiredCapabilities) &&
    group?.extensionType === groupExtensionType;
  ensure(isOurs, "ERR_POLICY", "the group's extensions are not those of a Rempart group");
  try {
    return decode(groupPolicyCodec, group.extensionData);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new SessionError("ERR_POLICY", error.message);
  }
}

const everyone: Permissions = { addMembers: "member", removeMembers: "member", changeInfo: "member", send: "member" };

/** The policy of a one-to-one chat: it names its two accounts and never changes. */
export function directPolicy(one: AccountId, other: AccountId): GroupPolicy {
  const accounts = [one, other].sort(compareBytes);
  return { ...blank, kind: "direct", roles: accounts.map((accountId) => ({ accountId, role: "owner" as const })) };
}

/** The policy of the group in which an account's devices keep themselves in step. */
export function selfPolicy(accountId: AccountId): GroupPolicy {
  return { ...blank, kind: "self", roles: [{ accountId, role: "owner" }] };
}

/** The policy of a new group: its creator owns it, admins manage members, everyone writes. */
export function newGroupPolicy(creator: AccountId, name: string): GroupPolicy {
  const manage: Role = "admin";
  const permissions = { ...everyone, addMembers: manage, removeMembers: manage, changeInfo: manage };
  return { ...blank, kind: "group", name, permissions, roles: [{ accountId: creator, role: "owner" }] };
}

const blank: GroupPolicy = {
  kind: "group",
  name: "",
  picture: new Uint8Array(),
  roles: [],
  permissions: everyone,
};
