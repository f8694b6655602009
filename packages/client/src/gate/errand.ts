/**
 * In quiet time, a device without tickets fetches some: on a link of its own it shows a token, takes the tickets that
 * the verdict brings, and leaves without a word. It never signs in there, so that what the next connections show was
 * not given to anybody with a name; and it goes at a random moment, so that the hour tells nothing either.
 */
import { clientLimits } from "../limits.ts";
import type { Clock, Link, Network } from "../ports.ts";
import type { Entrance, Visit } from "./entrance.ts";

export interface ErrandOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly entrance: Entrance;
  /** Uniform in [0, 1). */
  readonly fraction: () => number;
  /** The server, while this device is connected to it and its gate is not pressed; otherwise `undefined`. */
  readonly quietServer: () => string | undefined;
  /** Something failed that should not. */
  readonly failed: (error: unknown) => void;
}

export class Errand {
  readonly #options: ErrandOptions;
  #cancelTimer: (() => void) | undefined;
  #trip: { readonly link: Link; readonly cancelTimeout: () => void } | undefined;

  constructor(options: ErrandOptions) {
    this.#options = options;
  }

  /** From now on looks, every few minutes, whether there is something to fetch. */
  start(): void {
    const { clock, fraction } = this.#options;
    this.#cancelTimer?.();
    this.#cancelTimer = clock.after(fraction() * clientLimits.ticketsPauseMsMax, () => {
      this.start();
      try {
        this.#go();
      } catch (error) {
        this.#options.failed(error);
      }
    });
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#leave();
  }

  #go(): void {
    const { network, clock, entrance, quietServer } = this.#options;
    const server = quietServer();
    if (server === undefined || this.#trip !== undefined || entrance.hasTicket(server) || !entrance.hasToken()) return;
    let visit: Visit | undefined;
    const link = network.connect(server, {
      opened: () =>
        this.#step(link, () => {
          visit = entrance.visitForTickets(server);
          if (visit === undefined) this.#leave();
          else link.send(visit.proof);
        }),
      frame: (bytes) =>
        this.#step(link, () => {
          visit?.answered(bytes);
          this.#leave();
        }),
      closed: () => this.#step(link, () => this.#leave()),
    });
    const cancelTimeout = clock.after(clientLimits.connectTimeoutMs, () => this.#step(link, () => this.#leave()));
    this.#trip = { link, cancelTimeout };
  }

  /** A failure ends the trip: what was shown counts as spent, and the next trip comes in a few minutes. */
  #step(link: Link, work: () => void): void {
    if (this.#trip?.link !== link) return;
    try {
      work();
    } catch (error) {
      this.#leave();
      this.#options.failed(error);
    }
  }

  #leave(): void {
    const trip = this.#trip;
    this.#trip = undefined;
    trip?.cancelTimeout();
    trip?.link.close();
  }
}
