/**
 * Every limit of the server's own, with its unit and its reason. The limits of the wire stand in the
 * protocol package. A `Service` may be given other values: the simulator uses small ones to reach them.
 */
export const serverLimits = {
  /** Time a connection has to say `hello`. An honest client says it at once; a silent one holds memory. */
  helloWithinMs: 10_000,
  /**
   * Messages of one connection in a second, after which it is not read until the second is over: at some 30 µs each
   * a single device takes a twentieth of a core at most.
   */
  framesPerSecondMax: 2_000,
  /** The same in bytes: an upload at 100 Mbit/s, the fastest that people have at home, is not slowed down. */
  receivedBytesPerSecondMax: 16_777_216,
  /** Pings and pongs of one connection in a second, more of which end it: honest ones come every ten seconds or so. */
  controlsPerSecondMax: 16,
  /** Requests of one connection in a second that find its room full; one more ends it. Clients that count never have one. */
  excessPerSecondMax: 8,
  /** Bytes of requests, and of the replies they may cause, that wait in the process: bounds what a crowd can make it hold. */
  inFlightBytesMax: 134_217_728,
  /** Bytes waiting to leave a connection above which live entries and catch-up wait for it to drain. */
  streamBufferedBytesMax: 65_536,
  /** Bytes waiting to leave a connection above which it is closed: it does not read its replies. */
  outboundBytesMax: 4_194_304,
  /** Subscriptions that one question to the store catches up. */
  catchUpRangesMax: 128,
  /** Questions of that kind that the store has at once: bounds the answers in memory, whatever the crowd. */
  catchUpReadsMax: 64,
  /**
   * Pieces of history and files that are read or written at once, in quiet time and under pressure: messages and
   * newcomers are never behind more. They are one disk's work, so that more at once would not be more in a second.
   */
  bulkMaxNormal: 4,
  bulkMaxPressed: 2,
  /**
   * How many of them begin in a slice of time, at some 0.35 ms of CPU each: a third of a core, a fourteenth, a fiftieth.
   * Slices are short, so that nobody waits behind what a second may hold.
   */
  bulkSliceMs: 50,
  bulkPerSliceNormal: 50,
  bulkPerSliceGuarded: 10,
  bulkPerSliceSiege: 3,
  /** Registrations and looks at invitations per connection: guessing secrets has to cost connections. */
  attemptsPerMinuteMax: 20,
  /** Logs created per connection: a person makes a handful, an import some hundreds. */
  createsPerHourMax: 600,
  /** Invitations created per connection. */
  invitesPerHourMax: 100,
  /** Key packages claimed per connection: draining somebody's single-use ones has to cost connections. */
  claimsPerHourMax: 300,
  /** Blobs created per connection. */
  blobsPerHourMax: 1_000,
  /** Declared sizes of blobs created per connection: two of the largest. */
  blobBytesPerHourMax: 4_294_967_296,
  /** Batches of tokens asked for per connection: one a day, and its repetitions. Each costs some 12 ms of a core. */
  tokenBatchesPerHourMax: 8,
  /** Batches of tokens that wait for the signing thread: about a second of its work. */
  tokenBatchesWaitingMax: 64,
  /** What a client is told to wait when tokens are not issued just now: they are for quiet times. */
  tokensRetryAfterMs: 60_000,
  /** How long a log's entries are kept when its creator asks for nothing else: one year. */
  retentionMsDefault: 31_536_000_000,
  /** How long a blob is kept when its creator asks for nothing else: ninety days. */
  blobRetentionMsDefault: 7_776_000_000,
  /** Longest time that a blob is kept: ten years, as for entries. */
  blobRetentionMsMax: 316_224_000_000,
  /** Logs looked at by one sweep, and rows removed by it: no sweep holds up appends for long. */
  sweepLogsMax: 500,
  sweepRowsMax: 500,
  /** Lifetime of the invitation that makes the first account: one day. */
  firstInviteLifetimeMs: 86_400_000,
  /** What a client is told to wait when the server stops, and when it is too busy. */
  goodbyeRetryAfterMs: 1_000,
  busyRetryAfterMs: 500,
  /** What a client is told to wait when the store fails or is full: people have to act. */
  storageRetryAfterMs: 10_000,
} as const;

export type ServerLimits = { readonly [K in keyof typeof serverLimits]: number };

/** Limits inside the store. They are part of its contract, so that every store refuses alike. */
export const storeLimits = {
  /** Smallest piece of a blob except its last: bounds the rows that a blob can take. */
  blobChunkBytesMin: 4_096,
  /** Remembered digests of key packages that were handed out, per device and suite: a repeated publish must not revive one. */
  spentKeyPackagesMax: 256,
  /** Cipher suites for which one device keeps key packages: the ones in use, and the next ones. */
  suitesPerDeviceMax: 4,
  /** How long an expired invitation is remembered, so that its holder hears "expired": thirty days. */
  expiredInviteKeptMs: 2_592_000_000,
  /** How long what was used is remembered past its end: the clock may be set back by an hour, and nothing is used twice. */
  spentKeptMs: 7_200_000,
} as const;
