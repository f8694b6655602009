/** The external commit by which a device comes back into a group: made of a kit, staged, sent, applied. See `healing.ts`. */
import { asId, isTransient, limits, ProtocolError, sameBytes, toHex } from "@rempart/protocol";
import { chainNext, decodeGroup, type RejoinKit, rejoin, SessionError } from "@rempart/session";
import { otherAccount, payloadBytes } from "../contacts/welcome.ts";
import type { Engine } from "../engine/engine.ts";
import { newEntryId } from "../engine/identity.ts";
import { addUpload } from "../files/uploads.ts";
import { accountsOf, storedMembersOf } from "../groups/members.ts";
import { addNotice } from "../messages/notices.ts";
import type { CommitRow, RejoinPoint } from "../store/commits.ts";
import { logIdOf } from "../store/logs.ts";
import type { Rejoin } from "../store/rejoins.ts";

export class WayBack {
  readonly #engine: Engine;
  readonly #returned: (rejoin: Rejoin) => void;

  /** `returned` hears that a question has its answer. */
  constructor(engine: Engine, returned: (rejoin: Rejoin) => void) {
    this.#engine = engine;
    this.#returned = returned;
  }

  /** A kit has come: the external commit is made of it, and stored. Call it in the log's lane. */
  async stage(log: string, kit: RejoinKit): Promise<void> {
    const { commits, logs } = this.#engine.tables;
    if (logs.get(log)?.state !== "lost" || commits.staged(log) !== undefined) return;
    try {
      const bytes = await payloadBytes(this.#engine, kit.kit);
      const made = await rejoin(this.#engine.crypto, { device: this.#engine.own().device, kit: bytes });
      if (!sameBytes(made.after.groupId, kit.groupId)) return;
      const upload = made.blob && toHex(made.blob.reference.blobId);
      const { fromSeq, chain } = kit.join;
      const row: CommitRow = {
        log,
        entryId: newEntryId(this.#engine.crypto),
        entry: made.entry,
        ...(upload !== undefined && { upload }),
        epoch: made.before.epoch,
        readAuth: made.next.readAuth,
        writeAuth: made.next.writeAuth,
        writeKey: made.before.writeKey,
        snapshot: made.write.bytes,
        detail: { welcomed: [], rejoin: { fromSeq, chain, readKey: made.before.readKey } },
      };
      this.#engine.write(() => {
        commits.stage(row);
        if (made.blob !== undefined) addUpload(this.#engine, made.blob);
      });
    } catch (error) {
      // A kit that does not work is no kit: another member's may.
      if (!(error instanceof SessionError)) throw error;
    }
  }

  /** Sends the commit that is staged. Throws what may pass by itself; a group that has moved on needs another kit. */
  async send(row: CommitRow, point: RejoinPoint): Promise<"again" | "idle"> {
    const { commits, rejoins, uploads } = this.#engine.tables;
    if (row.upload !== undefined && uploads.has(row.upload)) {
      this.#engine.uploads.kick();
      return "idle";
    }
    try {
      const { seq, receivedAt } = await this.#engine.connection.request("append", {
        logId: logIdOf(row.log),
        writeKey: asId("Capability", row.writeKey),
        entryId: row.entryId,
        ifEpoch: row.epoch,
        next: { readAuth: asId("Auth", row.readAuth), writeAuth: asId("Auth", row.writeAuth) },
        bytes: row.entry,
      });
      const chain = await this.#chainUpTo(row.log, point, seq);
      await this.#engine.lanes.run(row.log, () => this.#back(row, { seq, receivedAt, chain }));
    } catch (error) {
      if (!(error instanceof ProtocolError) || isTransient(error.code)) throw error;
      // The group has moved on since the kit was made.
      this.#engine.write(() => {
        commits.unstage(row.log);
        rejoins.setAsked(row.log, 0);
      });
      return "again";
    }
    return "idle";
  }

  /** The chain hash after the own commit: entries since the kit are read for it, though they do not open. */
  async #chainUpTo(log: string, point: RejoinPoint, seq: number): Promise<Uint8Array> {
    let { fromSeq, chain } = point;
    if (chain.length === 0) return chain;
    const logId = logIdOf(log);
    const readKey = asId("Capability", point.readKey);
    while (fromSeq <= seq) {
      const limit = Math.min(limits.entriesPerFrameMax, seq - fromSeq + 1);
      const { entries } = await this.#engine.connection.request("read", { logId, readKey, fromSeq, limit });
      // Expired meanwhile: the chain starts anew, unknown.
      if (entries.length === 0 || entries[0]?.seq !== fromSeq) return new Uint8Array();
      for (const entry of entries) {
        chain = await chainNext(this.#engine.crypto, chain, entry);
        fromSeq = entry.seq + 1;
      }
    }
    return chain;
  }

  async #back(row: CommitRow, place: { seq: number; receivedAt: number; chain: Uint8Array }): Promise<void> {
    const { logs, groups, commits, rejoins, chats, outbox } = this.#engine.tables;
    const pending = rejoins.get(row.log);
    if (pending === undefined) return;
    const { log } = row;
    const { seq, receivedAt: at, chain } = place;
    this.#returned(pending);
    const group = await decodeGroup(this.#engine.crypto, { snapshot: row.snapshot, deltas: [] });
    const { kind: groupKind } = group.policy;
    const isNew = chats.get(log) === undefined && groupKind !== "self";
    // Members have heard of this account, but not from it; siblings can tell what this device has forgotten.
    const greeting =
      isNew || groupKind === "self" ? await this.#engine.selfSync.composeGreeting(log, groupKind) : undefined;
    this.#engine.write(
      (changes) => {
        logs.forgetChain(log);
        logs.put({ log, kind: "group", state: "active", isCreated: true, nextSeq: seq + 1, chain, ...group.keys });
        groups.write(log, [{ kind: "snapshot", bytes: row.snapshot }]);
        commits.unstage(log);
        rejoins.remove(log);
        outbox.settleBefore(log, seq + 1);
        chats.unwarn(log, "ERR_OUT_OF_STEP");
        if (isNew) {
          const other = otherAccount(this.#engine, group);
          this.#engine.groups.addChat({ log, group, at, ...(other !== undefined && { other }) }, changes);
        } else chats.setGroup(log, group.policy.name, storedMembersOf(group));
        if (greeting !== undefined) this.#engine.outbox.add(log, { content: greeting });
        // Who was out, and was welcomed back, has joined anew.
        const kind = isNew || pending.helper === undefined ? "rejoined" : "joined";
        addNotice(this.#engine, { log, seq, at, index: 12, notice: { kind }, members: accountsOf(group) }, changes);
        this.#engine.history.missed(log, { fromSeq: pending.missingFrom, toSeq: seq - 1 });
        changes.chat(log);
      },
      () => this.#engine.groupCache.set(log, group),
    );
    this.#engine.sync.follow(log);
    this.#engine.lateWelcomes.kickAll();
  }
}
