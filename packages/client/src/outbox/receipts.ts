/** Tells authors what has arrived and been seen, in batches. */
import { fromHex } from "@rempart/protocol";
import { asMessageId, type Receipt } from "@rempart/session";
import type { Engine } from "../engine/engine.ts";
import type { Pump } from "../engine/pump.ts";
import { clientLimits } from "../limits.ts";
import type { ChatRow } from "../store/chats.ts";
import { isGone } from "../store/logs.ts";

export class Receipts {
  readonly #engine: Engine;
  readonly #pump: Pump;
  readonly #due = new Set<string>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump((log) => this.#work(log));
  }

  /** In large groups every receipt would cost every member an entry. */
  isWanted({ group }: ChatRow): boolean {
    const devices = group.members.reduce((total, member) => total + member.devices, 0);
    return devices <= clientLimits.receiptMembersMax;
  }

  /** Sends what is owed in a log after a short while, so that a burst of messages costs one receipt. */
  kick(log: string): void {
    if (this.#due.has(log)) return;
    this.#due.add(log);
    this.#engine.after(clientLimits.receiptDelayMs, () => {
      this.#due.delete(log);
      this.#pump.kick(log);
    });
  }

  /** What was owed when the program ended last is sent at once. */
  synced(log: string): void {
    this.#pump.kick(log);
  }

  async #work(log: string): Promise<"again" | "idle"> {
    const { receipts, logs } = this.#engine.tables;
    const owed = receipts.of(log, clientLimits.receiptIdsMax);
    const [first] = owed;
    if (first === undefined) return "idle";
    if (isGone(logs.get(log)?.state)) {
      this.#engine.write(() => receipts.forget(log));
      return "idle";
    }
    if (!this.#engine.sync.isSynced(log)) return "idle";
    const same = owed.filter(({ state }) => state === first.state);
    const messageIds = same.map(({ message }) => asMessageId(fromHex(message)));
    const receipt: Receipt = { kind: "receipt", state: first.state, messageIds };
    const { content } = await this.#engine.outbox.compose(log, receipt);
    await this.#engine.lanes.run(log, () =>
      this.#engine.outbox.queue(log, { content }, () => {
        for (const { message } of same) receipts.settle(message);
      }),
    );
    return "again";
  }
}
