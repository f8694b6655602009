/** Blind signatures of RFC 9474, variant RSABSSA-SHA384-PSS-Deterministic, as whoever asks for them needs them. */
export interface TokenBlinder {
  /** Blinds `message` for the RSA-2048 key with this modulus; `inverse` takes the blind off again. Both have 256 bytes. */
  blind(
    modulus: Uint8Array,
    message: Uint8Array,
  ): Promise<{ readonly blinded: Uint8Array; readonly inverse: Uint8Array }>;
  /** The signature of `message`, verified. Rejects when the issuer signed something else, or with another key. */
  finalize(signed: {
    readonly modulus: Uint8Array;
    readonly message: Uint8Array;
    readonly blindSignature: Uint8Array;
    readonly inverse: Uint8Array;
  }): Promise<Uint8Array>;
}
