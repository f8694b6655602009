/**
 * Several devices of one account. A new device has the account's keys from the link that an old one shows; it
 * publishes key packages and asks, in the account's own contact log, to be let into the self group. Any
 * old device that hears it adds it there and to every chat, and the log's compare-and-swap sees to it
 * that it is added once.
 */
import { sameBytes, toHex } from "@rempart/protocol";
import {
  decodeAccountKeys,
  encodeAccountKeys,
  type RejoinKit,
  type SuiteName,
  selfGroupLogId,
  verifyKeyPackage,
} from "@rempart/session";
import { claimKeyPackages } from "../contacts/reach.ts";
import { knownReach, prepareContactEntry } from "../contacts/send-welcome.ts";
import type { Engine } from "../engine/engine.ts";
import { makeIdentity, storeIdentity } from "../engine/identity.ts";
import type { Pump } from "../engine/pump.ts";
import { ClientError } from "../errors.ts";
import { clientLimits } from "../limits.ts";
import { decodeJson, encodeJson } from "../remote/json.ts";
import { isNewerSelfGroup, moveSelfGroup } from "./self-group.ts";

const only = "devices";
const linkPrefix = "rempart-device:";

export class Devices {
  readonly #engine: Engine;
  readonly #pump: Pump;
  readonly #reconciling: Pump;
  readonly #admitting = new Set<string>();
  #isReconciling = false;
  #askedAt = 0;
  /** Of the last question for the self group. */
  #nonce: Uint8Array | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump(() => this.#work());
    this.#reconciling = engine.pump(() => this.#reconcile());
  }

  kick(): void {
    this.#pump.kick(only);
  }

  /** Whether the self group has other devices than this one. */
  async hasOthers(): Promise<boolean> {
    return (await this.others()).length > 0;
  }

  /** The other devices of this account, hexadecimal, as the self group has them. */
  async others(): Promise<readonly string[]> {
    const log = this.#engine.tables.meta.get("selfGroup");
    const group =
      log === undefined ? undefined : await this.#engine.lanes.run(log, () => this.#engine.groupCache.get(log));
    const own = toHex(this.#engine.own().device.deviceId);
    return (group?.members ?? []).map((member) => toHex(member.deviceId)).filter((device) => device !== own);
  }

  /** All that another device needs to be of this account. As secret as the account itself. */
  exportLink(): string {
    const { meta } = this.#engine.tables;
    const body = {
      keys: encodeAccountKeys(this.#engine.own().keys),
      server: this.#engine.server(),
      name: meta.get("name") ?? "",
    };
    return linkPrefix + btoa(String.fromCharCode(...new TextEncoder().encode(encodeJson(body))));
  }

  /** Makes this, which has no account yet, a device of the account that the link is of. */
  async link(link: string): Promise<void> {
    const { meta } = this.#engine.tables;
    if (meta.get("setup") !== undefined)
      throw new ClientError("ERR_ACCOUNT_EXISTS", "this device has an account already");
    const { keys, server, name } = readLink(link);
    const identity = await makeIdentity(this.#engine.crypto, await decodeAccountKeys(this.#engine.crypto, keys));
    this.#engine.write(
      (changes) => {
        storeIdentity(meta, identity);
        meta.set("server", server);
        meta.set("name", name);
        meta.set("setup", "done");
        meta.set("recoveryConfirmed", true);
        this.#engine.setup.addContactLog(identity.keys, true);
        changes.mark("account");
      },
      () => {
        this.#engine.identity = identity;
      },
    );
    this.#engine.connection.connect(server);
    await this.#engine.waiters.until(() => {
      const { state } = this.#engine.connection.view;
      if (state === "refused") throw new ClientError("ERR_DENIED", "the server refuses this account");
      return meta.get("selfGroup") === undefined ? undefined : true;
    });
  }

  /** Lets a device of this account into the self group and every chat, after a while in which another may. */
  admit(device: string): void {
    if (this.#admitting.has(device)) return;
    this.#admitting.add(device);
    this.#engine.after(this.#engine.fraction() * clientLimits.helpDelayMsMax, () => {
      this.#engine.spawn(async () => {
        try {
          await this.#admit(device);
        } finally {
          this.#admitting.delete(device);
        }
      });
    });
  }

  /** A linked device that is not in the self group yet asks for it, again and again. */
  async #work(): Promise<"again" | "idle"> {
    const { meta, deliveries } = this.#engine.tables;
    if (!this.#engine.connection.isOnline || this.#engine.setup.step() !== "done") return "idle";
    if (meta.get("selfGroup") !== undefined) return "idle";
    const sinceMs = this.#engine.clock.now() - this.#askedAt;
    // A clock that was set back says that the question lies ahead.
    if (sinceMs >= 0 && sinceMs < clientLimits.rejoinRetryMs) return "idle";
    // Others claim a key package as soon as they hear of this device.
    await this.#engine.keyPackages.fill();
    const { account, keys, card, device } = this.#engine.own();
    const groupId = await selfGroupLogId(this.#engine.crypto, keys, 0);
    const nonce = this.#engine.crypto.entropy.randomBytes(16);
    const sender = keys.accountId;
    const entry = {
      kind: "rejoin-request",
      sender,
      senderCard: card,
      deviceId: device.deviceId,
      groupId,
      nonce,
    } as const;
    const delivery = await prepareContactEntry(this.#engine, knownReach(this.#engine, account), entry);
    this.#engine.write(() => deliveries.add(delivery));
    this.#engine.deliveries.kick();
    this.#nonce = nonce;
    this.#askedAt = this.#engine.clock.now();
    this.#engine.after(clientLimits.rejoinRetryMs, () => this.kick());
    return "idle";
  }

  /**
   * A sibling answers that this device is in a self group which it knows nothing of: it was restored from a backup that
   * is older. It has to find its way back there.
   */
  isInAlready({ sender, nonce, groupId, join }: RejoinKit): void {
    const { meta, rejoins } = this.#engine.tables;
    const known = meta.get("selfGroup");
    const asked = known === undefined ? this.#nonce : rejoins.get(known)?.nonce;
    const helper = this.#engine.own().account;
    if (toHex(sender) !== helper || asked === undefined || !sameBytes(asked, nonce)) return;
    const log = toHex(groupId);
    this.#engine.spawn(async () => {
      if (!(await isNewerSelfGroup(this.#engine, log)) || meta.get("selfGroup") !== known) return;
      this.#engine.write(
        (changes) => {
          this.#engine.healing.missed({ log, fromSeq: join.fromSeq, chain: join.chain, helper });
          moveSelfGroup(this.#engine, log, changes);
        },
        () => this.#engine.healing.kickAll(),
      );
    });
  }

  async #admit(device: string): Promise<void> {
    const self = this.#engine.tables.meta.get("selfGroup");
    if (self === undefined || !(await this.#addTo(self, device))) return;
    this.reconcile();
  }

  /** Adds to the chats of this device what devices of the self group they lack, after a while in which another may. */
  reconcile(): void {
    if (this.#isReconciling) return;
    this.#isReconciling = true;
    this.#engine.after(this.#engine.fraction() * clientLimits.helpDelayMsMax, () => {
      this.#isReconciling = false;
      this.#reconciling.kick(only);
    });
  }

  async #reconcile(): Promise<"again" | "idle"> {
    const { meta, chats, logs, outbox, commits } = this.#engine.tables;
    const self = meta.get("selfGroup");
    if (self === undefined || !this.#engine.sync.isSynced(self)) return "idle";
    const group = await this.#engine.lanes.run(self, () => this.#engine.groupCache.get(self));
    const devices = (group?.members ?? []).map((member) => toHex(member.deviceId));
    const { account } = this.#engine.own();
    for (const row of chats.all()) {
      const present = row.group.members.find((member) => member.account === account)?.devices ?? 0;
      const isDue = logs.get(row.chat)?.state === "active" && this.#engine.sync.isSynced(row.chat);
      // Devices that go one after another must not be called back by those that are still there.
      if (!isDue || outbox.isLeaving(row.chat) || commits.intentions(row.chat).length > 0 || present >= devices.length)
        continue;
      for (const device of devices) await this.#addTo(row.chat, device);
    }
    return "idle";
  }

  /** Adds a device of this account to a group; answers whether it is in there now. */
  async #addTo(log: string, device: string): Promise<boolean> {
    const group = await this.#engine.lanes.run(log, () => this.#engine.healing.groupOf(log));
    const isIn = this.#engine.tables.logs.get(log)?.state === "active";
    if (group === undefined || !group.isActive || !isIn) return false;
    if (group.members.some((member) => toHex(member.deviceId) === device)) return true;
    const keyPackage = await this.#claim(device, group.suite);
    if (keyPackage === undefined) return false;
    const member = { account: this.#engine.own().account, keyPackages: [keyPackage] };
    await this.#engine.commits.fulfil(log, { kind: "add", members: [member] });
    return true;
  }

  async #claim(device: string, suite: SuiteName): Promise<Uint8Array | undefined> {
    const { keyPackages } = await claimKeyPackages(this.#engine, this.#engine.own().card, suite);
    for (const bytes of keyPackages) {
      const { deviceId } = await verifyKeyPackage(this.#engine.crypto, bytes);
      if (toHex(deviceId) === device) return bytes;
    }
    return undefined;
  }
}

function readLink(link: string): { keys: Uint8Array; server: string; name: string } {
  try {
    if (!link.startsWith(linkPrefix)) throw new SyntaxError("another prefix");
    const bytes = Uint8Array.from(atob(link.slice(linkPrefix.length)), (character) => character.charCodeAt(0));
    const { keys, server, name } = decodeJson(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    if (keys instanceof Uint8Array && typeof server === "string" && typeof name === "string")
      return { keys, server, name };
  } catch (error) {
    // Damaged base64 (DOMException) and damaged JSON (SyntaxError) mean the same.
    if (!(error instanceof SyntaxError) && !(error instanceof DOMException)) throw error;
  }
  throw new ClientError("ERR_LINK", "this is not a link for a new device, or it is damaged");
}
