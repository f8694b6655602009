/**
 * The wake-up bus between server processes, at its worst: announcements arrive late, twice and out of
 * order, and get lost where a later announcement of the same log makes up for it.
 */
import { type LogId, toHex } from "@rempart/protocol";
import type { Announcement, Bus } from "@rempart/server";
import type { Random } from "./random.ts";
import type { Schedule } from "./schedule.ts";

const delayMsMax = 15;
const repeatChance = 0.05;

export class SimBus {
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #members = new Set<BusMember>();

  constructor(options: { readonly schedule: Schedule; readonly random: Random }) {
    this.#schedule = options.schedule;
    this.#random = options.random;
  }

  /** The bus as a new server process sees it; `leaveAll` takes the process off it. */
  connect(): Bus & { leaveAll(): void } {
    const member: BusMember = { joined: new Set(), deliver: () => undefined };
    this.#members.add(member);
    return {
      listen: (deliver) => {
        member.deliver = deliver;
      },
      join: (logId) =>
        new Promise((resolve) => {
          this.#schedule.after(this.#random.below(3), "bus join", () => {
            member.joined.add(toHex(logId));
            resolve();
          });
        }),
      leave: (logId) => {
        member.joined.delete(toHex(logId));
      },
      announce: (announcement) => this.#announce(announcement),
      leaveAll: () => {
        this.#members.delete(member);
      },
    };
  }

  #announce(announcement: Announcement): void {
    const copies = this.#random.chance(repeatChance) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      this.#schedule.after(this.#random.below(delayMsMax), "bus announce", () => this.#deliver(announcement));
    }
  }

  #deliver(announcement: Announcement): void {
    const logId: LogId = announcement.logId;
    for (const member of [...this.#members]) if (member.joined.has(toHex(logId))) member.deliver(announcement);
  }
}

interface BusMember {
  readonly joined: Set<string>;
  deliver: (announcement: Announcement) => void;
}
