/** Brings entries to contact logs of others: welcomes and what helps a device back into a group. */
import { asId, isTransient, ProtocolError } from "@rempart/protocol";
import type { Engine } from "../engine/engine.ts";
import type { Pump } from "../engine/pump.ts";
import type { Delivery } from "../store/deliveries.ts";
import { logIdOf } from "../store/logs.ts";

const only = "deliveries";

export class Deliveries {
  readonly #engine: Engine;
  readonly #pump: Pump;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump(() => this.#work());
  }

  kick(): void {
    this.#pump.kick(only);
  }

  async #work(): Promise<"again" | "idle"> {
    const [next] = this.#engine.tables.deliveries.ready();
    if (next === undefined || !this.#engine.connection.isOnline) return "idle";
    await this.#deliver(next);
    return "again";
  }

  async #deliver({ id, log, writeKey, entryId, bytes }: Delivery): Promise<void> {
    try {
      await this.#engine.connection.request("append", {
        logId: logIdOf(log),
        writeKey: asId("Capability", writeKey),
        entryId,
        ifEpoch: undefined,
        next: undefined,
        bytes,
      });
    } catch (error) {
      if (!(error instanceof ProtocolError) || isTransient(error.code)) throw error;
      // A contact log that refuses for good, because its account is gone: nothing is left to try.
      this.#engine.defect(error);
    }
    this.#engine.write(() => this.#engine.tables.deliveries.remove(id));
    // It may have been the note that a commit has to wait for.
    this.#engine.commits.kickStaged();
  }
}
