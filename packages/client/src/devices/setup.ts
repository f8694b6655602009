/**
 * Making an account, step by step; each is durable before the next begins, and may be repeated.
 *
 * register: the keys exist here, the server does not know them → found: it does; the contact log and the self
 * group are made here → publish: key packages, profile, claim keys → meet: whoever invited is added → done.
 */
import { accountProof, asId, authOf, hostOf, type ServerRole, sameBytes, toHex } from "@rempart/protocol";
import {
  type AccountKeys,
  chainStart,
  createAccountKeys,
  createGroup,
  encodeProfile,
  type InvitationLink,
  parseLink,
  recoveryPhrase,
  selfGroupLogId,
  selfPolicy,
} from "@rempart/session";
import type { NewAccount } from "../api.ts";
import type { Requests } from "../connection/requests.ts";
import type { Engine } from "../engine/engine.ts";
import { makeIdentity, storeIdentity } from "../engine/identity.ts";
import type { Pump } from "../engine/pump.ts";
import { asClientError, ClientError, isCode } from "../errors.ts";
import { clientLimits } from "../limits.ts";

const only = "setup";

export class Setup {
  readonly #engine: Engine;
  readonly #pump: Pump;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump(() => this.#work());
  }

  kick(): void {
    this.#engine.groups.createAll();
    if (this.step() === "done") {
      this.#engine.keyPackages.kick();
      this.#engine.devices.kick();
    } else this.#pump.kick(only);
  }

  step() {
    return this.#engine.tables.meta.get("setup");
  }

  /** Whether the server knows the account. */
  isRegistered(): boolean {
    const step = this.step();
    return step !== undefined && step !== "register";
  }

  /** Proves the account on a fresh connection, and registers it where that is still to be done. */
  async prove(challenge: Uint8Array, requests: Requests): Promise<ServerRole> {
    const { keys, signer } = this.#engine.own();
    const { accountId } = keys;
    const { meta } = this.#engine.tables;
    const secret = this.step() === "register" ? meta.get("inviteSecret") : undefined;
    const use = secret === undefined ? "authenticate" : "register";
    const host = hostOf(this.#engine.server());
    const signature = await signer.sign(accountProof(use, { challenge, host, accountId }));
    if (secret === undefined) return (await requests.send("authenticate", { accountId, signature })).role;
    const inviteSecret = asId("InviteSecret", secret);
    const { role } = await requests.send("register", { inviteSecret, accountId, signature });
    this.#engine.write((changes) => {
      meta.set("setup", "found");
      meta.set("role", role);
      meta.remove("inviteSecret");
      changes.mark("account");
    });
    return role;
  }

  /** Makes the account of an invitation. A call that failed for want of a connection may be repeated. */
  async create(request: { readonly invite: string; readonly name: string }): Promise<NewAccount> {
    if (this.isRegistered()) throw new ClientError("ERR_ACCOUNT_EXISTS", "this device has an account already");
    const link = await parseLink(this.#engine.crypto, request.invite);
    if (link.kind !== "invitation") throw new ClientError("ERR_LINK", "this is a contact link, not an invitation");
    await this.#begin(link, request);
    this.#engine.connection.stop();
    this.#engine.connection.connect(link.origin);
    await this.#registered();
    await this.#done();
    const { keys, account } = this.#engine.own();
    return { account, name: request.name, recovery: recoveryPhrase(keys) };
  }

  async #begin(link: InvitationLink, request: { readonly invite: string; readonly name: string }): Promise<void> {
    // Keys of an earlier attempt stay: the server may have registered them without our having heard.
    const identity =
      this.#engine.identity ?? (await makeIdentity(this.#engine.crypto, await createAccountKeys(this.#engine.crypto)));
    this.#engine.write(
      () => {
        const { meta } = this.#engine.tables;
        this.#keepTokens(link);
        storeIdentity(meta, identity);
        meta.set("server", link.origin);
        meta.set("name", request.name);
        meta.set("setup", "register");
        meta.set("inviteSecret", link.inviteSecret);
        if (link.contact === undefined) meta.remove("meetLink");
        else meta.set("meetLink", request.invite);
      },
      () => {
        this.#engine.identity = identity;
      },
    );
  }

  /** Once per invitation: at a second attempt with it they may have been shown already. Call it in a transaction. */
  #keepTokens({ origin, inviteSecret, tokens = [] }: InvitationLink): void {
    const { meta, tokens: purse } = this.#engine.tables;
    const last = meta.get("inviteSecret");
    if (last !== undefined && sameBytes(last, inviteSecret)) return;
    for (const { day, token } of tokens) purse.add({ server: origin, day, token });
  }

  async #registered(): Promise<void> {
    await this.#within(() => {
      if (this.isRegistered()) return true;
      const { state, error } = this.#engine.connection.view;
      if (state !== "refused") return undefined;
      throw refusal(error ?? "ERR_DENIED");
    });
    if (!this.isRegistered()) {
      throw new ClientError("ERR_OFFLINE", "the server could not be reached; the account is made as soon as it can");
    }
  }

  async #done(): Promise<void> {
    await this.#within(() => (this.step() === "done" ? true : undefined));
  }

  /** Waits until `probe` has an answer, for a while. Time spent in line at the gate does not count. */
  async #within(probe: () => true | undefined): Promise<void> {
    let isOver = false;
    let cancel: () => void = () => undefined;
    const wait = () => {
      cancel = this.#engine.after(clientLimits.settleTimeoutMs, () => {
        if (this.#engine.connection.isInLine) {
          wait();
          return;
        }
        isOver = true;
        this.#engine.waiters.changed();
      });
    };
    wait();
    try {
      await this.#engine.waiters.until(() => probe() ?? (isOver ? true : undefined));
    } finally {
      cancel();
    }
  }

  async #work(): Promise<"again" | "idle"> {
    if (!this.#engine.connection.isOnline) return "idle";
    switch (this.step()) {
      case "found":
        await this.#found();
        return "again";
      case "publish":
        await this.#publish();
        return "again";
      case "meet":
        await this.#meet();
        return "again";
      default:
        return "idle";
    }
  }

  async #found(): Promise<void> {
    const { crypto, tables } = this.#engine;
    const { keys, device } = this.#engine.own();
    const groupId = await selfGroupLogId(crypto, keys, 0);
    const suite = this.#engine.suites[0] ?? "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
    const made = await createGroup(crypto, { device, groupId, suite, policy: selfPolicy(keys.accountId) });
    const self = toHex(groupId);
    this.#engine.write(
      () => {
        this.addContactLog(keys, false);
        this.#engine.groups.addLog(self, made.group);
        tables.groups.write(self, [made.write]);
        tables.meta.set("selfGroup", self);
        tables.meta.set("setup", "publish");
      },
      () => this.#engine.groupCache.set(self, made.group),
    );
    this.#engine.groups.createAll();
  }

  /** The log through which this account is reached. Call it in a transaction. */
  addContactLog({ contactLog }: AccountKeys, isCreated: boolean): void {
    const { logId, readKey, writeKey } = contactLog;
    const row = { log: toHex(logId), kind: "contact", state: "active", isCreated, nextSeq: 1, epoch: 0 } as const;
    this.#engine.tables.logs.put({ ...row, chain: chainStart, readKey, writeKey });
  }

  async #publish(): Promise<void> {
    const { keys, card, groupCard } = this.#engine.own();
    const bytes = await encodeProfile(this.#engine.crypto, keys);
    await this.#engine.connection.request("profilePut", { bytes });
    await this.#engine.connection.request("claimAuthsPut", {
      auths: [authOf(card.claimKey), authOf(groupCard.claimKey)],
    });
    await this.#engine.keyPackages.fill();
    const { meta } = this.#engine.tables;
    this.#engine.write(() => meta.set("setup", meta.get("meetLink") === undefined ? "done" : "meet"));
  }

  async #meet(): Promise<void> {
    const { meta } = this.#engine.tables;
    const link = meta.get("meetLink");
    try {
      if (link !== undefined) await this.#engine.contacts.add(link);
    } catch (error) {
      const { code } = asClientError(error);
      if (code === "ERR_OFFLINE" || code === "ERR_TIMEOUT" || code === "ERR_CLOSED") throw error;
      // Who invited cannot be added, for whatever reason: the account stands all the same.
      this.#engine.defect(error);
    }
    this.#engine.write(() => {
      meta.set("setup", "done");
      meta.remove("meetLink");
    });
  }
}

const explanations: Readonly<Record<string, string>> = {
  ERR_INVITE_INVALID: "the server does not know this invitation: it was withdrawn, or the link is of another server",
  ERR_INVITE_SPENT: "this invitation has been used as often as it may be: ask for a new one",
  ERR_INVITE_EXPIRED: "this invitation has expired: ask for a new one",
  ERR_VERSION: "the server speaks another version of the protocol: the program has to be updated",
};

function refusal(code: string): ClientError {
  return new ClientError(isCode(code) ? code : "ERR_DENIED", explanations[code] ?? "the server refuses this account");
}
