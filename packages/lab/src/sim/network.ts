/**
 * The simulated network between devices and servers. Links are like TCP: bytes arrive in order or the
 * link is cut. A frame that is under way when its link is cut is lost whole, as a WebSocket would lose a
 * frame that was cut in the middle. Each side learns of a cut later, at a moment of its own.
 */
import type { Link, LinkHandlers, Network } from "@rempart/client";
import type { Random } from "./random.ts";
import type { Schedule } from "./schedule.ts";

/** The server's end of one link, as a server-side program sees it. */
export interface ServerEnd {
  send(frame: Uint8Array): void;
  bufferedBytes(): number;
  close(code: number): void;
}

/** What the program behind the server's end does with what arrives. */
export interface ServerHandlers {
  receive(frame: Uint8Array): void;
  /** The buffer towards the client has been emptied. */
  drained(): void;
  closed(): void;
}

/** How one device's links behave; changed by the faults of a run. */
export interface Weather {
  delayMsMin: number;
  delayMsMax: number;
  /** Towards the device. */
  bytesPerMs: number;
  /** Chance that a frame cuts its link. */
  cutChance: number;
  /** While true nothing gets through; links opened before may outlive it. */
  isPartitioned: boolean;
}

export const fairWeather: Readonly<Weather> = {
  delayMsMin: 1,
  delayMsMax: 20,
  bytesPerMs: 1_000,
  cutChance: 0,
  isPartitioned: false,
};

/** Sees every frame that crosses the network, as either side handed it over or received it. */
export interface Tap {
  /** A frame arrived at the server. */
  atServer(link: SimLink, frame: Uint8Array): void;
  /** A frame arrived at the device. */
  atDevice(link: SimLink, frame: Uint8Array): void;
  /** A server queued a frame, of which `bufferedBytes` are now waiting. */
  queued(link: SimLink, bufferedBytes: number): void;
}

type Accept = (end: ServerEnd, link: SimLink) => ServerHandlers | undefined;

/** How long a side may take to notice that a link is cut. */
const noticeMsMax = 3_000;
/** How long a connection attempt into a partition takes to fail. */
const connectTimeoutMs = 10_000;

export class SimNetwork {
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #tap: Tap;
  readonly #links = new Set<SimLink>();
  #accept: Accept = () => undefined;
  #opened = 0;

  constructor(options: { readonly schedule: Schedule; readonly random: Random; readonly tap: Tap }) {
    this.#schedule = options.schedule;
    this.#random = options.random;
    this.#tap = options.tap;
  }

  /** What answers connections; `undefined` refuses one. */
  listen(accept: Accept): void {
    this.#accept = accept;
  }

  /** Links that are open or being opened. */
  get linkCount(): number {
    return this.#links.size;
  }

  /** The network as one engine of a device sees it. */
  portFor(device: { readonly name: string; readonly weather: Weather; readonly isAlive: () => boolean }): Network {
    return {
      connect: (_origin, handlers) => {
        const link = new SimLink({
          name: `${device.name}#${this.#opened++}`,
          device: device.name,
          schedule: this.#schedule,
          random: this.#random,
          tap: this.#tap,
          weather: device.weather,
          isAlive: device.isAlive,
          handlers,
          accept: (end, opened) => this.#accept(end, opened),
          forget: (closed) => this.#links.delete(closed),
        });
        this.#links.add(link);
        link.connect();
        return link;
      },
    };
  }

  /** Cuts every link for which `matches` holds. */
  cut(matches: (link: SimLink) => boolean = () => true): void {
    for (const link of [...this.#links]) if (matches(link)) link.cut();
  }

  /** The device's end of these links is gone. */
  abandon(matches: (link: SimLink) => boolean): void {
    for (const link of [...this.#links]) if (matches(link)) link.abandon();
  }

  /** Lets frames that waited for a partition go on. */
  healed(): void {
    for (const link of [...this.#links]) link.resume();
  }
}

interface LinkOptions {
  readonly name: string;
  readonly device: string;
  readonly schedule: Schedule;
  readonly random: Random;
  readonly tap: Tap;
  readonly weather: Weather;
  readonly isAlive: () => boolean;
  readonly handlers: LinkHandlers;
  readonly accept: Accept;
  readonly forget: (link: SimLink) => void;
}

interface Lane {
  readonly waiting: { readonly frame: Uint8Array; readonly arrival: number; readonly onArrival: () => void }[];
  bufferedBytes: number;
  /** When the last frame scheduled arrives; the next one does not overtake it. */
  lastArrival: number;
  isMoving: boolean;
}

/** One link, both of its ends. */
export class SimLink implements Link {
  readonly name: string;
  /** Name of the device whose link it is. */
  readonly device: string;
  readonly #options: LinkOptions;
  readonly #up: Lane = { waiting: [], bufferedBytes: 0, lastArrival: 0, isMoving: false };
  readonly #down: Lane = { waiting: [], bufferedBytes: 0, lastArrival: 0, isMoving: false };
  #server: ServerHandlers | undefined;
  #state: "connecting" | "open" | "cut" = "connecting";
  #deviceKnows = false;
  #serverKnows = false;

  constructor(options: LinkOptions) {
    this.name = options.name;
    this.device = options.device;
    this.#options = options;
  }

  /** Knocks at the server: opened or closed follows. */
  connect(): void {
    const { weather, schedule } = this.#options;
    const delay = weather.isPartitioned ? connectTimeoutMs : 2 * this.#delay();
    schedule.after(delay, `connect ${this.name}`, () => {
      if (this.#state !== "connecting") return;
      if (!this.#options.isAlive()) return this.#finish();
      const server = weather.isPartitioned ? undefined : this.#options.accept(this.#serverEnd(), this);
      if (server === undefined) {
        this.#finish();
        this.#tellDevice();
        return;
      }
      this.#server = server;
      this.#state = "open";
      this.#options.handlers.opened();
      this.resume();
    });
  }

  send(frame: Uint8Array): void {
    if (this.#state === "cut" || this.#deviceKnows) return;
    this.#queue(this.#up, frame, () => {
      this.#options.tap.atServer(this, frame);
      this.#server?.receive(frame);
    });
  }

  bufferedBytes(): number {
    return this.#up.bufferedBytes;
  }

  /** The device closes it: the server notices a little later. */
  close(): void {
    this.#deviceKnows = true;
    if (this.#state === "cut") return;
    this.#finish();
    this.#serverLearns(this.#delay());
  }

  /** The line is cut: what is under way is lost, and each side notices when it does. */
  cut(): void {
    if (this.#state === "cut") return;
    this.#finish();
    const { random, schedule } = this.#options;
    this.#serverLearns(random.below(noticeMsMax));
    schedule.after(random.below(noticeMsMax), `lost ${this.name}`, () => this.#tellDevice());
  }

  /** The device is gone, as when its process was killed: it hears nothing more. */
  abandon(): void {
    this.#deviceKnows = true;
    this.cut();
  }

  /** The server's process is gone: the server's end hears nothing more. */
  orphan(): void {
    this.#serverKnows = true;
    this.cut();
  }

  /** Goes on delivering after a partition. */
  resume(): void {
    this.#move(this.#up);
    this.#move(this.#down);
  }

  #serverEnd(): ServerEnd {
    return {
      send: (frame) => {
        if (this.#state === "cut") return;
        this.#queue(this.#down, frame, () => {
          if (this.#deviceKnows || !this.#options.isAlive()) return;
          this.#options.tap.atDevice(this, frame);
          this.#options.handlers.frame(frame);
        });
        this.#options.tap.queued(this, this.#down.bufferedBytes);
      },
      bufferedBytes: () => this.#down.bufferedBytes,
      close: (code) => this.#closeFromServer(code),
    };
  }

  /** What the server sent before it closed still arrives. */
  #closeFromServer(code: number): void {
    this.#serverKnows = true;
    if (this.#state === "cut") return;
    const { schedule } = this.#options;
    const close = () => {
      if (this.#state === "cut") return;
      this.#finish();
      this.#tellDevice(code);
    };
    schedule.after(Math.max(1, this.#down.lastArrival - schedule.now + 1), `close ${this.name}`, close);
  }

  #queue(lane: Lane, frame: Uint8Array, onArrival: () => void): void {
    const arrival = this.#options.schedule.now + this.#delay();
    lane.waiting.push({ frame, arrival, onArrival });
    lane.bufferedBytes += frame.length;
    this.#move(lane);
  }

  #move(lane: Lane): void {
    const { schedule, weather, random } = this.#options;
    if (this.#state !== "open" || lane.isMoving || weather.isPartitioned) return;
    const next = lane.waiting[0];
    if (next === undefined) return;
    lane.isMoving = true;
    const sent = Math.max(lane.lastArrival, schedule.now);
    const arrival = Math.max(next.arrival, sent + next.frame.length / weather.bytesPerMs);
    lane.lastArrival = arrival;
    schedule.after(arrival - schedule.now, `frame ${this.name}`, () => {
      lane.isMoving = false;
      if (this.#state !== "open") return;
      if (random.chance(weather.cutChance)) return this.cut();
      if (weather.isPartitioned) return;
      lane.waiting.shift();
      lane.bufferedBytes -= next.frame.length;
      next.onArrival();
      if (lane === this.#down && lane.bufferedBytes === 0) this.#server?.drained();
      this.#move(lane);
    });
  }

  #serverLearns(delayMs: number): void {
    this.#options.schedule.after(delayMs, `gone ${this.name}`, () => {
      if (this.#serverKnows) return;
      this.#serverKnows = true;
      this.#server?.closed();
    });
  }

  #tellDevice(code = 1006): void {
    if (this.#deviceKnows || !this.#options.isAlive()) return;
    this.#deviceKnows = true;
    this.#options.handlers.closed({ code });
  }

  #finish(): void {
    this.#state = "cut";
    this.#up.waiting.length = 0;
    this.#down.waiting.length = 0;
    this.#up.bufferedBytes = 0;
    this.#down.bufferedBytes = 0;
    this.#options.forget(this);
  }

  #delay(): number {
    const { random, weather } = this.#options;
    return random.between(weather.delayMsMin, weather.delayMsMax);
  }
}
