import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountId, asId, decode, encode } from "@rempart/protocol";
import { SessionError } from "../errors.ts";
import type { GroupPolicy, Member, Permissions } from "../types.ts";
import { mlsLimits } from "./limits.ts";
import { directPolicy, groupPolicyCodec, newGroupPolicy, policyOf, selfPolicy } from "./policy.ts";
import {
  type CommitFacts,
  checkCommit,
  checkGroup,
  type DeviceName,
  isPermitted,
  withoutDeparted,
} from "./policy-check.ts";

const account = (name: number): AccountId => asId("AccountId", new Uint8Array(32).fill(name));
const device = (owner: number, index = 0): DeviceName => ({
  accountId: account(owner),
  deviceId: asId("DeviceId", new Uint8Array(16).fill(16 * owner + index)),
});

const owner = 1;
const admin = 2;
const plain = 3;
const other = 4;
const stranger = 9;

/** One device each; a second one for `other`, at leaf 4. */
const members: readonly Member[] = [device(owner), device(admin), device(plain), device(other), device(other, 1)].map(
  (name, leafIndex) => ({ ...name, leafIndex }),
);

function memberOf(name: number): Member {
  const found = members.find((member) => member.accountId[0] === name);
  assert.ok(found !== undefined);
  return found;
}

const roles = (entries: readonly (readonly [number, "owner" | "admin"])[]): GroupPolicy["roles"] =>
  entries.map(([name, role]) => ({ accountId: account(name), role }));

const base = newGroupPolicy(account(owner), "name");
const policy: GroupPolicy = {
  ...base,
  roles: roles([
    [owner, "owner"],
    [admin, "admin"],
  ]),
};

function withPermissions(permissions: Partial<Permissions>): GroupPolicy {
  return { ...policy, permissions: { ...policy.permissions, ...permissions } };
}

type Change = Partial<Omit<CommitFacts, "committer" | "before">> & { readonly before?: GroupPolicy };

/** The facts of a commit by `committer`; what `change` does not name stays as it is. */
function factsOf(committer: number, change: Change): CommitFacts {
  const before = { policy: change.before ?? policy, members };
  return { added: [], removals: [], policy: before.policy, ...change, before, committer: memberOf(committer) };
}

function allowed(committer: number, change: Change): void {
  checkCommit(factsOf(committer, change));
}

function refused(committer: number, change: Change, code = "ERR_POLICY"): void {
  assert.throws(
    () => checkCommit(factsOf(committer, change)),
    (error: unknown) => error instanceof SessionError && error.code === code,
  );
}

/** The removal, inline, of every device of an account. */
function removes(committer: number, victim: number): Pick<CommitFacts, "removals"> {
  const gone = members.filter((member) => member.accountId[0] === victim);
  return { removals: gone.map((removed) => ({ removed, proposer: memberOf(committer) })) };
}

/** The policy that is left when an account has gone. */
function policyAfter(gone: number, from: GroupPolicy = policy): GroupPolicy {
  return withoutDeparted(
    from,
    members.filter((member) => member.accountId[0] !== gone),
  );
}

test("[SN10] adding others needs the permission; one's own devices need none", () => {
  allowed(owner, { added: [device(stranger)] });
  allowed(admin, { added: [device(stranger)] });
  refused(plain, { added: [device(stranger)] });
  allowed(plain, { added: [device(plain, 1)] });
  refused(plain, { added: [device(plain, 1), device(stranger)] });
  allowed(plain, { added: [device(stranger)], before: withPermissions({ addMembers: "member" }) });
  refused(admin, { added: [device(stranger)], before: withPermissions({ addMembers: "owner" }) });
});

test("[SN11] removing others needs the permission, and no lower role than theirs", () => {
  allowed(owner, { ...removes(owner, plain) });
  allowed(owner, { ...removes(owner, admin), policy: policyAfter(admin) });
  allowed(admin, { ...removes(admin, plain) });
  refused(plain, { ...removes(plain, other) });
  const open = withPermissions({ removeMembers: "member" });
  allowed(plain, { ...removes(plain, other), before: open });
  refused(plain, { ...removes(plain, admin), before: open, policy: policyAfter(admin, open) });
  refused(admin, { ...removes(admin, owner), policy: policyAfter(owner) });
});

test("[SN12] an account removes its own devices, and nobody commits its own removal", () => {
  const [first, second] = members.filter((member) => member.accountId[0] === other);
  assert.ok(first !== undefined && second !== undefined);
  allowed(other, { removals: [{ removed: second, proposer: first }] });
  refused(other, { removals: [{ removed: first, proposer: first }] });
});

test("[SN13] a leave may be committed by anyone, and names the leaver's own devices only", () => {
  const leaver = memberOf(owner);
  allowed(plain, { removals: [{ removed: leaver, proposer: leaver }], policy: policyAfter(owner) });
  refused(plain, { removals: [{ removed: memberOf(other), proposer: leaver }] });
  refused(owner, { removals: [{ removed: memberOf(other), proposer: memberOf(admin) }] });
});

test("[SN14] name and picture need the permission, permissions an owner, the kind never changes", () => {
  const renamed = { ...policy, name: "other" };
  allowed(admin, { policy: renamed });
  refused(plain, { policy: renamed });
  refused(plain, { policy: { ...policy, picture: Uint8Array.of(1) } });
  allowed(plain, {
    before: withPermissions({ changeInfo: "member" }),
    policy: { ...withPermissions({ changeInfo: "member" }), name: "x" },
  });
  allowed(owner, { policy: withPermissions({ send: "admin" }) });
  refused(admin, { policy: withPermissions({ send: "admin" }) });
  refused(owner, { policy: { ...directPolicy(account(owner), account(admin)) } });
});

test("[SN15] a role goes with its account's last device, and belongs to members only", () => {
  refused(owner, { ...removes(owner, admin) });
  refused(owner, {
    policy: {
      ...policy,
      roles: roles([
        [owner, "owner"],
        [admin, "admin"],
        [stranger, "admin"],
      ]),
    },
  });
  const both = roles([
    [owner, "owner"],
    [admin, "admin"],
    [stranger, "admin"],
  ]);
  allowed(owner, { added: [device(stranger)], policy: { ...policy, roles: both } });
});

test("[SN16] nobody gives or takes a role above their own", () => {
  const promote = (role: "owner" | "admin"): GroupPolicy => ({
    ...policy,
    roles: roles([
      [owner, "owner"],
      [admin, "admin"],
      [plain, role],
    ]),
  });
  allowed(owner, { policy: promote("owner") });
  allowed(admin, { policy: promote("admin") });
  refused(admin, { policy: promote("owner") });
  refused(plain, { policy: promote("admin") });
  refused(admin, {
    policy: {
      ...policy,
      roles: roles([
        [owner, "admin"],
        [admin, "admin"],
      ]),
    },
  });
  refused(admin, {
    policy: {
      ...policy,
      roles: roles([
        [owner, "owner"],
        [admin, "owner"],
      ]),
    },
  });
  allowed(admin, { policy: { ...policy, roles: roles([[owner, "owner"]]) } });
  refused(plain, { policy: { ...policy, roles: roles([[owner, "owner"]]) } });
});

test("[SN17] the last owner hands over first; where owners have left, the highest stand in", () => {
  refused(owner, { policy: { ...policy, roles: roles([[admin, "admin"]]) } });
  allowed(owner, {
    policy: {
      ...policy,
      roles: roles([
        [owner, "admin"],
        [admin, "owner"],
      ]),
    },
  });
  const ownerless: GroupPolicy = { ...policy, roles: roles([[admin, "admin"]]) };
  allowed(admin, {
    before: ownerless,
    policy: { ...ownerless, permissions: { ...policy.permissions, send: "admin" } },
  });
  allowed(admin, { before: ownerless, policy: { ...ownerless, roles: roles([[admin, "owner"]]) } });
  refused(plain, { before: ownerless, policy: { ...ownerless, name: "x" } });
  const equals: GroupPolicy = { ...policy, roles: [] };
  allowed(plain, { before: equals, policy: { ...equals, name: "x" } });
  assert.equal(isPermitted(equals, account(plain), "addMembers"), true);
  assert.equal(isPermitted(policy, account(plain), "addMembers"), false);
});

test("[SN18] a direct group has its two accounts and its policy for ever", () => {
  const direct = directPolicy(account(owner), account(admin));
  const pair = members.slice(0, 2);
  const facts = (change: Partial<CommitFacts>): CommitFacts => ({
    before: { policy: direct, members: pair },
    committer: memberOf(owner),
    added: [],
    removals: [],
    policy: direct,
    ...change,
  });
  checkCommit(facts({ added: [device(owner, 1), device(admin, 1)] }));
  const changes: Partial<CommitFacts>[] = [
    { added: [device(stranger)] },
    { removals: [{ removed: memberOf(admin), proposer: memberOf(owner) }] },
    { policy: { ...direct, permissions: { ...direct.permissions, send: "owner" } } },
    { policy: directPolicy(account(owner), account(stranger)) },
    { policy: { ...direct, roles: direct.roles.slice(1) } },
  ];
  for (const change of changes) assert.throws(() => checkCommit(facts(change)), SessionError);
  // When one has left, nobody takes the empty place.
  const alone = { before: { policy: direct, members: pair.slice(0, 1) } };
  assert.throws(() => checkCommit(facts({ ...alone, added: [device(stranger)] })), SessionError);
  checkCommit(facts({ ...alone, added: [device(admin)] }));
});

test("[SN18] a self group has one account", () => {
  const self = selfPolicy(account(owner));
  const before = { policy: self, members: members.slice(0, 1) };
  const facts = { before, committer: memberOf(owner), removals: [], policy: self };
  checkCommit({ ...facts, added: [device(owner, 1)] });
  assert.throws(() => checkCommit({ ...facts, added: [device(stranger)] }), SessionError);
});

test("[SN19] a device is in a group once, and a group has at most 2,000 devices", () => {
  refused(owner, { added: [device(stranger), device(stranger)] });
  refused(owner, { added: [device(plain)] });
  const numbered = (count: number): DeviceName[] =>
    Array.from({ length: count }, (_, index) => {
      const deviceId = new Uint8Array(16);
      new DataView(deviceId.buffer).setUint32(0, index);
      return { accountId: account(owner), deviceId: asId("DeviceId", deviceId) };
    });
  const self = selfPolicy(account(owner));
  checkGroup({ policy: self, members: numbered(mlsLimits.membersMax) });
  assert.throws(
    () => checkGroup({ policy: self, members: numbered(mlsLimits.membersMax + 1) }),
    (error: unknown) => error instanceof SessionError && error.code === "ERR_MLS_TOO_LARGE",
  );
});

test("a policy has one encoding, and every other is refused", () => {
  for (const value of [policy, selfPolicy(account(owner)), directPolicy(account(admin), account(owner))]) {
    assert.deepEqual(decode(groupPolicyCodec, encode(groupPolicyCodec, value)), value);
  }
  const unsorted = { ...policy, roles: [...policy.roles].reverse() };
  assert.throws(() => encode(groupPolicyCodec, unsorted));
  const doubled = { ...policy, roles: [...policy.roles, ...policy.roles.slice(1)] };
  assert.throws(() => encode(groupPolicyCodec, doubled));
  assert.throws(() => encode(groupPolicyCodec, { ...policy, name: "x".repeat(mlsLimits.nameUnitsMax + 1) }));
  assert.throws(() => encode(groupPolicyCodec, { ...selfPolicy(account(owner)), name: "x" }));
  const bytes = encode(groupPolicyCodec, policy);
  bytes[0] = 2;
  assert.throws(() => decode(groupPolicyCodec, bytes));
  assert.throws(() => policyOf([]), SessionError);
});
