/**
 * The issuer's keys: one a day, the same for everybody, made a day ahead and kept until their tokens have ended.
 *
 * 1. A key is in the store before anybody hears of it, so that every process and every restart has the same.
 * 2. A day that has a key never gets another one.
 * 3. The private half of a key is forgotten a day after its day: what is seized later signs no token of the past.
 */
import { gateLimits, type TokenKey, toHex, tokenDayOf, tokenKeyIdOf } from "@rempart/protocol";
import type { Clock, Store } from "../ports.ts";
import type { TokenKeyRow } from "../store-operations.ts";
import type { TokenRsa } from "./rsa.ts";

export interface KeyRingPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly rsa: TokenRsa;
  /** Hears why a key could not be made or kept; the next tick tries again. */
  readonly report: (error: unknown) => void;
}

export interface SigningKey extends TokenKey {
  /** PKCS #8. */
  readonly privateKey: Uint8Array;
}

export class KeyRing {
  readonly #ports: KeyRingPorts;
  #rows: readonly TokenKeyRow[] = [];
  /** By key id in hexadecimal. */
  #byId = new Map<string, TokenKey>();
  /** Keys that were made and are not in the store yet: a full disk must not cost a new key every second. */
  readonly #made = new Map<number, Promise<{ modulus: Uint8Array; privateKey: Uint8Array }>>();
  #ticking: Promise<void> | undefined;

  constructor(ports: KeyRingPorts) {
    this.#ports = ports;
  }

  /** The UTC day. */
  get today(): number {
    return tokenDayOf(this.#ports.clock.now());
  }

  /** Reads what is in the store: tokens are recognised from then on. Rejects as the store does. */
  async load(): Promise<void> {
    const { keys } = await this.#ports.store.submit("tokenKeysRead", {});
    // Copies: an answer of the store is a view of a larger buffer, and these stay for days.
    this.#rows = keys.map((key) => ({ ...key, modulus: key.modulus.slice(), privateKey: key.privateKey?.slice() }));
    this.#byId = new Map(this.#rows.map((key) => [toHex(tokenKeyIdOf(key.modulus)), key]));
  }

  /** Makes today's and tomorrow's keys where they are missing. For the shell to call every second; never rejects. */
  tick(): Promise<void> {
    this.#ticking ??= this.#fill()
      .catch((error: unknown) => this.#ports.report(error))
      .finally(() => {
        this.#ticking = undefined;
      });
    return this.#ticking;
  }

  /** Resolves when no tick is under way. */
  async settled(): Promise<void> {
    await this.#ticking;
  }

  /** What everybody is told: the keys whose tokens are taken, and tomorrow's. Ascending by day. */
  published(): readonly TokenKey[] {
    const { today } = this;
    const isInForce = ({ day }: TokenKey) => day >= today - gateLimits.tokenDaysKept && day <= today + 1;
    return this.#rows.filter(isInForce).map(({ day, modulus }) => ({ day, modulus }));
  }

  /** The key of a day, while tokens are signed with it. */
  signingKey(day: number): SigningKey | undefined {
    const { modulus, privateKey } = this.#rows.find((row) => row.day === day) ?? {};
    return modulus === undefined || privateKey === undefined ? undefined : { day, modulus, privateKey };
  }

  /** The key with this id (`tokenKeyIdOf`), ended or not. */
  find(keyId: Uint8Array): TokenKey | undefined {
    return this.#byId.get(toHex(keyId));
  }

  async #fill(): Promise<void> {
    const { today } = this;
    for (const day of [today, today + 1]) {
      if (this.#rows.some((row) => row.day === day)) continue;
      await this.#add(day, today);
      await this.load();
    }
  }

  async #add(day: number, today: number): Promise<void> {
    const { store, rsa } = this.#ports;
    const making = this.#made.get(day) ?? rsa.generate();
    this.#made.set(day, making);
    let made: Awaited<typeof making>;
    try {
      made = await making;
    } catch (error) {
      this.#made.delete(day);
      throw error;
    }
    await store.submit("tokenKeyAdd", { day, ...made, today });
    this.#made.clear();
  }
}
