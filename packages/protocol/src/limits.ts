/**
 * Every limit of the wire, on one page, with its unit and its reason. Whoever decodes checks; whoever
 * encodes asserts. Limits of one side only (quotas, queues, deadlines) stand with that side.
 */
export const limits = {
  /** One WebSocket message. Bounds what a stranger can make a decoder hold; `ws` enforces it first. */
  frameBytesMax: 65_536,
  /** One log entry. The largest padded size; leaves room in a frame for the headers around it. */
  entryBytesMax: 49_152,
  /** Bytes of blob content in one frame. */
  blobChunkBytesMax: 49_152,
  /** One blob: what people send as a file (2 GiB). */
  blobBytesMax: 2_147_483_648,
  /** Logs in one subscribe request: an ordinary account's chats in one round trip, within a frame. */
  subscriptionsPerRequestMax: 128,
  /** Subscriptions of one connection: bounds what the fan-out table holds for it. */
  subscriptionsPerConnectionMax: 4_096,
  /** Entries in one frame. */
  entriesPerFrameMax: 256,
  /** Entry bytes in one frame of several entries; a single entry may be larger. */
  entriesBytesPerFrameMax: 49_152,
  /** One key package. An X-Wing key package is about 3 KiB; twelve of the largest, a claim's reply, fit a frame. */
  keyPackageBytesMax: 5_120,
  /** Key packages in one publish request: of the usual size they fit a frame; larger ones take several requests. */
  keyPackagesPerRequestMax: 16,
  /** Single-use key packages kept per device and suite. */
  keyPackagesPerDeviceMax: 64,
  /** Devices of one account whose key packages a claim returns. */
  devicesPerAccountMax: 12,
  /** Signed profile of an account: an X-Wing public key (1,216 bytes) and signatures. */
  profileBytesMax: 4_096,
  /** Links through which an account's key packages may be claimed, each revocable alone. */
  claimAuthsMax: 64,
  /** Uses of one invitation. */
  inviteUsesMax: 1_000,
  /** Lifetime of an invitation: one year. */
  inviteLifetimeMsMax: 366 * 86_400_000,
  /** Retention of a log's entries in seconds: ten years. */
  retentionSecondsMax: 10 * 366 * 86_400,
  /** The human part of an error. */
  errorMessageBytesMax: 512,
  /** Names of programs and servers in `hello`. */
  agentBytesMax: 64,
  /** The host of a server's address, as proofs name it: a name of the DNS (253), a colon and a port. */
  hostBytesMax: 259,
  /** Requests of one connection that wait for an answer. */
  requestsInFlightMax: 256,
  /** Bytes of these, and of the replies that they may cause (`heldBytes`). */
  inFlightBytesPerConnectionMax: 1_048_576,
} as const;

/** Total sizes that log entries are padded to, in bytes, ascending. */
export const entrySizes = [1_024, 4_096, 16_384, limits.entryBytesMax] as const;

/** What `hello` gives the client to sign, in bytes: never drawn twice. */
export const challengeBytes = 32;

/** Protocol version spoken at `/v1/connect`. */
export const protocolVersion = 1;

/** Path of the WebSocket endpoint. */
export const connectPath = "/v1/connect";
