/** Keeps enough key packages on the server that this device can be added to groups while it is away. */
import { limits } from "@rempart/protocol";
import { type KeyPackagePair, makeKeyPackage, type SuiteName } from "@rempart/session";
import type { Engine } from "../engine/engine.ts";
import type { Pump } from "../engine/pump.ts";
import { clientLimits } from "../limits.ts";
import { suiteNumbers } from "./suites.ts";

const only = "key packages";

export class KeyPackages {
  readonly #engine: Engine;
  readonly #pump: Pump;

  /** Once per run is enough: no backup is restored under a running client. */
  #areFresh = false;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump(async () => {
      if (!engine.connection.isOnline || engine.identity === undefined) return "idle";
      await this.fill();
      return "idle";
    });
  }

  kick(): void {
    this.#pump.kick(only);
  }

  /**
   * A backup may have been restored, and the server may hand out key packages whose private halves it lacks: all that
   * are published are replaced. Call it in a transaction, and `kick` after it.
   */
  suspect(): void {
    if (!this.#areFresh) this.#engine.tables.meta.set("areKeysStale", true);
  }

  /** Publishes what is missing in every suite. The private half is durable before the public one leaves. */
  async fill(): Promise<void> {
    const { keyPackages, meta } = this.#engine.tables;
    const now = this.#engine.clock.now();
    if (meta.get("areKeysStale") === true) await this.#withdraw();
    // Private halves outlive the public ones by a margin: a Welcome may be on its way.
    this.#engine.write(() => keyPackages.removeBefore(now - 2 * clientLimits.keyPackageAgeMsMax));
    for (const suite of this.#engine.suites) await this.#fillSuite(suite, now);
  }

  async #withdraw(): Promise<void> {
    const { keyPackages, meta } = this.#engine.tables;
    const { deviceId } = this.#engine.own().device;
    await this.#engine.connection.request("deviceRemove", { deviceId });
    this.#engine.write(
      () => {
        keyPackages.retire();
        meta.remove("areKeysStale");
      },
      () => {
        this.#areFresh = true;
      },
    );
  }

  async #fillSuite(suite: SuiteName, now: number): Promise<void> {
    const { keyPackages } = this.#engine.tables;
    const { deviceId } = this.#engine.own().device;
    const number = suiteNumbers[suite];
    const { count } = await this.#engine.connection.request("keyPackagesCount", { deviceId, suite: number });
    const waiting = keyPackages.unpublished(suite);
    const missing = clientLimits.keyPackagesMin - count - waiting.filter((pair) => !pair.isLastResort).length;
    for (let i = 0; i < missing; i++) await this.#make(suite, false, now);
    if (!keyPackages.hasLastResort(suite, now - clientLimits.keyPackageAgeMsMax)) await this.#make(suite, true, now);
    await this.#publish(suite, keyPackages.unpublished(suite));
  }

  async #make(suite: SuiteName, isLastResort: boolean, now: number): Promise<void> {
    const { device } = this.#engine.own();
    const pair = await makeKeyPackage(this.#engine.crypto, { device, suite, isLastResort });
    this.#engine.write(() => this.#engine.tables.keyPackages.add(pair, now));
  }

  async #publish(suite: SuiteName, pairs: readonly KeyPackagePair[]): Promise<void> {
    const lastResort = pairs.findLast((pair) => pair.isLastResort);
    const singles = pairs.filter((pair) => !pair.isLastResort);
    const batches = batchesOf(singles);
    if (lastResort !== undefined && batches.length === 0) batches.push([]);
    for (const [index, batch] of batches.entries()) {
      const isFirst = index === 0;
      await this.#engine.connection.request("keyPackagesPublish", {
        deviceId: this.#engine.own().device.deviceId,
        suite: suiteNumbers[suite],
        packages: batch.map((pair) => pair.publicBytes),
        lastResort: isFirst ? lastResort?.publicBytes : undefined,
      });
      const sent = isFirst && lastResort !== undefined ? [...batch, lastResort] : batch;
      this.#engine.write(() => this.#engine.tables.keyPackages.setPublished(sent));
    }
  }
}

/** So many together that a request fits a frame. */
function batchesOf(pairs: readonly KeyPackagePair[]): KeyPackagePair[][] {
  const batches: KeyPackagePair[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const pair of pairs) {
    const batch = batches.at(-1);
    const isFull = bytes + pair.publicBytes.length > limits.entriesBytesPerFrameMax;
    if (batch === undefined || isFull || batch.length >= limits.keyPackagesPerRequestMax) {
      batches.push([pair]);
      bytes = pair.publicBytes.length;
    } else {
      batch.push(pair);
      bytes += pair.publicBytes.length;
    }
  }
  return batches;
}
