/** A group that lives a random life: for tests and, in a worker, for long runs. */
import assert from "node:assert/strict";
import { decryptBlob } from "../blob.ts";
import { ascii } from "../bytes.ts";
import { commit } from "../mls/commit.ts";
import { type AccountSigner, createDevice } from "../mls/credential.ts";
import { groupInfoForRejoin, rejoin } from "../mls/external.ts";
import { insideOf } from "../mls/group.ts";
import { joinFromWelcome } from "../mls/join.ts";
import { makeKeyPackage } from "../mls/key-package.ts";
import { openEntry, openMessage } from "../mls/open.ts";
import { newGroupPolicy } from "../mls/policy.ts";
import { encryptMessage, proposeLeave } from "../mls/send.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import type { CommitChange, Opened, SuiteName } from "../types.ts";
import { agreement, at, type Client, found, hex, makeAccount, testCrypto } from "./testkit.ts";

export const membersMax = 20;
const devicesMax = 3;

interface Sealed {
  readonly entry: Uint8Array;
  readonly blob?: { readonly ciphertext: Uint8Array };
}

/** A world of one group, driven by a seed. */
class World {
  readonly crypto: CryptoProvider;
  readonly suite: SuiteName;
  clients: Client[] = [];
  accounts: AccountSigner[] = [];
  readonly counts = { add: 0, remove: 0, update: 0, rejoin: 0, leave: 0, message: 0, rename: 0 };

  constructor(seed: string, suite: SuiteName) {
    this.crypto = testCrypto(seed);
    this.suite = suite;
  }

  /** An integer below `bound`. */
  pick(bound: number): number {
    const bytes = this.crypto.entropy.randomBytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) % bound;
  }

  one<T>(items: readonly T[]): T {
    return at(items, this.pick(items.length));
  }

  async start(): Promise<void> {
    const account = await makeAccount(this.crypto);
    const base = newGroupPolicy(account.accountId, "random");
    const permissions = {
      ...base.permissions,
      addMembers: "member",
      removeMembers: "member",
      changeInfo: "member",
    } as const;
    // Nobody owns the group: whoever is there may do everything, so that every step is lawful.
    const policy = { ...base, permissions, roles: [] };
    this.accounts = [account];
    this.clients = [await found(this.crypto, { account, suite: this.suite, policy })];
  }

  async open(client: Client, sealed: Sealed): Promise<Exclude<Opened, { kind: "detached" }>> {
    const opened = await openEntry(this.crypto, client.group, sealed.entry);
    if (opened.kind !== "detached") return opened;
    assert.ok(sealed.blob !== undefined);
    const message = await decryptBlob(this.crypto, opened.blob, sealed.blob.ciphertext);
    const inner = await openMessage(this.crypto, client.group, message);
    assert.ok(inner.kind !== "detached");
    return inner;
  }

  async publish(from: Client, sealed: Sealed): Promise<void> {
    for (const client of this.clients) {
      if (client === from) continue;
      client.group = (await this.open(client, sealed)).after;
    }
  }

  async commit(committer: Client, change: CommitChange): Promise<Uint8Array | undefined> {
    const staged = await commit(this.crypto, committer.group, change);
    await this.publish(committer, staged);
    committer.group = staged.after;
    this.clients = this.clients.filter((client) => client.group.isActive);
    return staged.welcome;
  }

  async add(): Promise<void> {
    const account = await this.accountToAdd();
    const device = await createDevice(this.crypto, account);
    const pair = await makeKeyPackage(this.crypto, { device, suite: this.suite });
    // Some commits replace a member in one step.
    const committer = this.one(this.clients);
    const others = this.clients.filter((client) => client !== committer);
    const isReplacing = this.pick(5) === 0 && others.length > 1;
    const removeLeaves = isReplacing ? [this.one(others).group.self.leafIndex] : [];
    const welcome = await this.commit(committer, { add: [pair.publicBytes], removeLeaves });
    assert.ok(welcome !== undefined);
    const { group } = await joinFromWelcome(this.crypto, { device, welcome, keyPackages: [pair] });
    this.clients.push({ device, group });
    this.counts.add++;
  }

  async accountToAdd(): Promise<AccountSigner> {
    const devices = (account: AccountSigner) =>
      this.clients.filter((client) => hex(client.device.accountId) === hex(account.accountId)).length;
    const present = this.accounts.filter((account) => devices(account) > 0 && devices(account) < devicesMax);
    if (present.length > 0 && this.pick(2) === 0) return this.one(present);
    const account = await makeAccount(this.crypto);
    this.accounts.push(account);
    return account;
  }

  async remove(): Promise<void> {
    const committer = this.one(this.clients);
    const others = this.clients.filter((client) => client !== committer);
    const victims = new Set(Array.from({ length: 1 + this.pick(2) }, () => this.one(others).group.self.leafIndex));
    await this.commit(committer, { removeLeaves: [...victims] });
    this.counts.remove++;
  }

  async leave(): Promise<void> {
    const leaver = this.one(this.clients);
    const committers = this.clients.filter((client) => client !== leaver);
    for (const staged of await proposeLeave(this.crypto, leaver.group)) {
      leaver.group = staged.after;
      await this.publish(leaver, staged);
    }
    await this.commit(this.one(committers), {});
    this.counts.leave++;
  }

  async rejoin(): Promise<void> {
    const lost = this.one(this.clients);
    const helper = this.one(this.clients.filter((client) => client !== lost));
    const kit = await groupInfoForRejoin(this.crypto, helper.group);
    const staged = await rejoin(this.crypto, { device: lost.device, kit });
    await this.publish(lost, staged);
    lost.group = staged.after;
    this.counts.rejoin++;
  }

  async rename(): Promise<void> {
    const committer = this.one(this.clients);
    const name = `name ${this.pick(1_000)}`;
    await this.commit(committer, { policy: { ...committer.group.policy, name } });
    this.counts.rename++;
  }

  async message(): Promise<void> {
    const sender = this.one(this.clients);
    const payload = ascii(`message ${this.pick(1_000_000)}`);
    const staged = await encryptMessage(this.crypto, sender.group, payload);
    sender.group = staged.after;
    for (const client of this.clients) {
      if (client === sender) continue;
      const opened = await this.open(client, staged);
      assert.ok(opened.kind === "application");
      assert.equal(hex(opened.payload), hex(payload));
      assert.equal(hex(opened.sender.deviceId), hex(sender.device.deviceId));
      client.group = opened.after;
    }
    this.counts.message++;
  }

  async step(): Promise<void> {
    const size = this.clients.length;
    const choice = this.pick(100);
    if (size < 3 || (choice < 30 && size < membersMax)) return this.add();
    if (choice < 45) return this.remove();
    if (choice < 60) return this.rejoin();
    if (choice < 80) {
      await this.commit(this.one(this.clients), {});
      this.counts.update++;
      return;
    }
    if (choice < 85) return this.leave();
    if (choice < 90) return this.rename();
    return this.message();
  }

  /** Every member has the same epoch, members, capabilities, tree and authenticator. */
  check(): void {
    const states = this.clients.map((client) => {
      const { groupContext, keySchedule } = insideOf(client.group).state;
      return `${agreement(client.group)} ${hex(groupContext.treeHash)} ${hex(keySchedule.epochAuthenticator)}`;
    });
    assert.equal(new Set(states).size, 1);
    const first = at(this.clients, 0);
    assert.equal(first.group.members.length, this.clients.length);
  }
}

export interface RunOptions {
  readonly seed: string;
  readonly suite: SuiteName;
  readonly steps: number;
}

/** Runs so many steps, checks after each, and returns how many there were of every kind. */
export async function run(options: RunOptions): Promise<World["counts"]> {
  const world = new World(options.seed, options.suite);
  await world.start();
  for (let step = 0; step < options.steps; step++) {
    try {
      await world.step();
      world.check();
    } catch (error) {
      throw new Error(`seed ${options.seed}, step ${step} of ${world.clients.length} members`, { cause: error });
    }
  }
  return world.counts;
}
