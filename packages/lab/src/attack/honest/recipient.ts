import { asId, type Push } from "@rempart/protocol";
import { LabError } from "../../lab-error.ts";
import type { LabLog } from "../../wire/lab-client.ts";
import type { Ledger } from "./ledger.ts";
import { Visitor, type VisitorOptions } from "./visitor.ts";

/** Somebody in lane A who reads one log, and whoever is waited for is told what came. */
export class Recipient {
  readonly log: LabLog;
  readonly #visitor: Visitor;
  readonly #ledger: Ledger;
  readonly #failed: (error: unknown) => void;
  #nextSeq = 1;
  #subscribed: () => void = () => undefined;

  constructor(log: LabLog, ledger: Ledger, options: Omit<VisitorOptions, "online" | "push">) {
    this.log = log;
    this.#ledger = ledger;
    this.#failed = options.failed;
    this.#visitor = new Visitor({
      ...options,
      online: () => void this.#subscribe(),
      push: (push) => this.#take(push),
    });
  }

  get visitor(): Visitor {
    return this.#visitor;
  }

  /** Comes, and resolves when it hears what is appended. */
  async listen(): Promise<void> {
    const subscribed = new Promise<void>((resolve) => {
      this.#subscribed = resolve;
    });
    await this.#visitor.come();
    await subscribed;
  }

  /** Ids of all entries that the server has in the log. */
  async stored(): Promise<Uint8Array[]> {
    await this.#visitor.come();
    const ids: Uint8Array[] = [];
    for (let fromSeq = 1; ; ) {
      const { logId, readKey } = this.log;
      const request = { logId, readKey, fromSeq, limit: 256 };
      const { entries, headSeq } = await this.#visitor.connection.request("read", request);
      for (const { entryId } of entries) ids.push(entryId.slice());
      const last = entries.at(-1)?.seq;
      if (last === undefined || last >= headSeq) return ids;
      fromSeq = last + 1;
    }
  }

  async #subscribe(): Promise<void> {
    const { logId, readKey } = this.log;
    const subscriptions = [{ logId: asId("LogId", logId), readKey, fromSeq: this.#nextSeq }];
    try {
      const { results } = await this.#visitor.connection.request("subscribe", { subscriptions });
      if (results[0]?.status !== 0) throw new LabError("ERR_BENCH", "a recipient may not read its log");
      this.#subscribed();
    } catch (error) {
      // Offline again: the next time it is online, it subscribes again.
      if (this.#visitor.connection.isOnline) this.#failed(error);
    }
  }

  #take(push: Push): void {
    if (push.name !== "entries") return;
    for (const { seq, entryId } of push.body.entries) {
      this.#nextSeq = Math.max(this.#nextSeq, seq + 1);
      this.#ledger.arrived(entryId);
    }
  }
}
