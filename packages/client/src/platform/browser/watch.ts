/** A watchdog: notices when something that should answer pings has stopped doing so while the page is looked at. */

/** Between pings, and how long an answer may take before what is watched counts as stuck. */
const pingIntervalMs = 5_000;
export const silenceMsMax = 30_000;

export interface WatchOptions {
  ping(): void;
  /** Called once per silence. */
  onSilent(): void;
}

/** Hidden pages are slowed down by the browser, so silence counts only while the page is visible. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #silentMs = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), pingIntervalMs);
    options.ping();
  }

  heard(): void {
    this.#silentMs = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (document.visibilityState !== "visible") {
      this.#silentMs = 0;
      return;
    }
    // Counting ticks rather than reading a clock: a computer that slept is not a silent engine.
    this.#silentMs += pingIntervalMs;
    if (this.#silentMs > silenceMsMax) {
      this.#silentMs = 0;
      this.#options.onSilent();
    } else this.#options.ping();
  }
}
