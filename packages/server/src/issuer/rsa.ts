/** What the issuer needs of RSA-2048. Numbers are 256 bytes, big-endian. */
export interface TokenRsa {
  /** A new key with the exponent 65537; the private half in PKCS #8. */
  generate(): Promise<{ readonly modulus: Uint8Array; readonly privateKey: Uint8Array }>;
  /**
   * The raw private operation on each of the numbers that stand one behind another in `blinded`, which are below the
   * modulus. Off the event loop: 32 take about 12 ms.
   */
  sign(privateKey: Uint8Array, blinded: Uint8Array): Promise<Uint8Array>;
  /** Whether `signature` is one of `message` by RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 bytes. */
  verify(signed: { modulus: Uint8Array; message: Uint8Array; signature: Uint8Array }): boolean;
  /** Lets go of threads. Nothing is signed after it. */
  close(): Promise<void>;
}
