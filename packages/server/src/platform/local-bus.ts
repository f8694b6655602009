import type { LogId } from "@rempart/protocol";
import type { Announcement, Bus } from "../ports.ts";

/** The bus of a server that is one process: an announcement is delivered before `announce` returns. */
export class LocalBus implements Bus {
  #deliver: (announcement: Announcement) => void = () => undefined;

  listen(deliver: (announcement: Announcement) => void): void {
    this.#deliver = deliver;
  }

  join(_logId: LogId): Promise<void> {
    return ready;
  }

  leave(_logId: LogId): void {
    // Everything is delivered anyway: there is nothing to stop.
  }

  announce(announcement: Announcement): void {
    this.#deliver(announcement);
  }
}

const ready = Promise.resolve();
