/** What the gate's core needs from the world. The shell fills these for Node, the simulator for its own. */

export interface Clock {
  /** Milliseconds since the Unix epoch. May jump, backwards too. */
  now(): number;
  /** Milliseconds since some moment; never goes back. For everything that is a duration. */
  elapsed(): number;
}

export interface Entropy {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
}

export interface Crypto {
  /** SHA-256, 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** AES-256-GCM: ciphertext and then the tag of 16 bytes. */
  seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array;
  /** What was sealed, or `undefined` when it was not sealed with this key and nonce. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

/** Checks tokens with the public keys in force. Holds no private key and knows no account. */
export interface TokenVerifier {
  /**
   * The end (milliseconds since the Unix epoch) of the key that made this token, when its signature, type and
   * challenge are right and the key is in force; otherwise why not.
   */
  check(
    token: Uint8Array,
    now: number,
  ): { readonly expiresAt: number } | { readonly fault: "forged" | "expired" | "unknown-key" };
}

/** Remembers what was used, for as long as it could be used again. Shared by all processes of a server, and durable. */
export interface SpentSet {
  /**
   * Marks `id` (32 bytes) as used until `expiresAt`. True when it was not used before; the answer comes only when it
   * is durable. Rejects when that cannot be had: nobody knows then whether it was kept.
   */
  spend(id: Uint8Array, expiresAt: number): Promise<boolean>;
}

/** Where an address is registered, by a table with a free licence. Asked once for each completed handshake. */
export interface Places {
  /** Two letters of ISO 3166-1, or `""` when the table does not know. */
  country(address: string): string;
}

/** Everything that the gate's core needs. Without `places`, every country is unknown. */
export interface GatePorts {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly crypto: Crypto;
  readonly tokens: TokenVerifier;
  readonly spent: SpentSet;
  readonly places?: Places;
  /** Told of what a port threw that should not throw; the proof that met it is refused. Without it nobody hears. */
  readonly report?: (error: unknown) => void;
}
