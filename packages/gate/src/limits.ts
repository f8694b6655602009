/**
 * Every limit of the gate's own, with its unit and its reason. What both sides have to know is in the protocol package.
 * A `Gate` may be given other values: operators with larger machines, tests and the simulator with smaller ones.
 */
export const gateServerLimits = {
  // Connections.

  /** Connections open at once, admitted or not: 42 KiB each with TLS when idle, so about 700 MiB. */
  connectionsMax: 16_384,
  /** Connections open that are not admitted: at most 8 KiB each before TLS, so 64 MiB. */
  unadmittedMax: 8_192,
  /** Connections not admitted whose TLS was begun: at most 56 KiB each, so 112 MiB. */
  handshakenMax: 2_048,
  /** Connections not admitted from one prefix. Sixteen times as many from one that members come from. */
  unadmittedPerPrefixMax: 1_024,
  /** Connections open to the ordinary website. */
  browsingMax: 1_024,

  // Accepting. A reset costs 64 to 76 µs of CPU; everything here is there so that nothing dearer happens.

  /** New connections in a second. */
  acceptPerSecond: 5_000,
  /** Of these, in hundredths, those that only prefixes may use which members came from. */
  acceptReservedPercent: 25,
  /** New connections of one prefix in a second, by mode: in quiet time a whole office, in a siege a household. */
  acceptPerPrefixPerSecondNormal: 1_024,
  acceptPerPrefixPerSecondGuarded: 64,
  acceptPerPrefixPerSecondSiege: 16,
  /** How many times more of them a prefix may have that members came from: whole towns sit behind one address. */
  trustedPrefixFactor: 16,
  /** Buckets hold this long's worth. */
  acceptBurstMs: 2_000,

  // Deadlines of the states, and their byte caps (the shell's).

  peekMs: 3_000,
  tlsMs: 5_000,
  headMs: 5_000,
  proofMs: 2_000,
  /** What a stranger's deadline shrinks to as the room for the unadmitted fills up; not where members came from. */
  pressedMs: 500,
  /** A ClientHello: post-quantum ones of browsers have 1.8 KiB. */
  peekBytesMax: 4_096,
  /** The head of a request. */
  headBytesMax: 4_096,
  /** Bytes behind the proof that are kept until its verdict: a `hello`. */
  pipelinedBytesMax: 1_024,

  // Prefixes.

  /** Prefixes remembered by each table that has one entry for each: about 100 bytes an entry. */
  prefixesMax: 65_536,
  /** Networks (and countries) remembered by each table that has one entry for each: all that there are. */
  networksMax: 131_072,
  /** How long an admission in lane B or C speaks for its prefix: half an hour. */
  trustMs: 1_800_000,
  /** Trusted prefixes of a network that make it familiar: one member alone does not. */
  familiarPrefixesMin: 8,
  /** Invalid proofs of a prefix that put it on the deny list, and how long one of them is held against it. */
  invalidProofsMax: 5,
  invalidProofMs: 60_000,
  /** First stay on the deny list; every further one is twice as long, up to the longest. */
  denyMs: 60_000,
  denyMsMax: 600_000,
  /** Quiet time after which the stay starts from the beginning again. */
  denyForgetMs: 1_800_000,

  // Handshakes. One costs about 0.8 ms of CPU.

  /** Handshakes begun and not finished, about 49 KiB each. So many that those who never finish theirs do not hold up the others: the CPU is to be the bound. */
  handshakesInFlightMax: 2_048,
  /**
   * Handshakes of one class of strangers that were begun in the last `handshakeRecentMs` and have not ended, above which none is begun. The end
   * of one takes about 0.35 ms, and all may end at once.
   */
  handshakesRecentMax: 64,
  handshakeRecentMs: 250,
  /** Handshakes in flight above which a prefix comes after all others. */
  handshakesInFlightPerPrefixMax: 16,
  /** Hellos that wait for their handshake, for each class: members, prefixes of members, networks of members, others. */
  handshakesWaitingMax: 2_048,
  /** Of these, those of one stranger's prefix. */
  handshakesWaitingPerPrefixMax: 64,
  /** Share of the CPU, in hundredths, that handshakes may take: lane A has the rest. */
  handshakeCpuPercent: 75,
  /** CPU that handshakes may take at one go, in milliseconds: lane A never waits longer for strangers. */
  handshakeTurnMs: 4,
  /** Age of the oldest hello above which the newest goes first: the oldest is likely to have been given up. */
  handshakeOldMs: 100,
  /** How long a stranger's hello waits at most: whoever comes again at once is the newest, and gets in sooner than he would by waiting. */
  handshakeWaitMsMax: 800,
  /** How long a stranger's handshake is left alone that makes no end while others wait for its place. */
  handshakeStallMs: 1_500,
  /** Time over which it is remembered how much a prefix or a network was served. */
  servedMs: 10_000,

  // Admission.

  /** Admissions in a second that the server inside can take with an idle loop. */
  admissionsPerSecond: 1_000,
  /** What is left of that at worst, in hundredths, when the event loop is late. */
  admissionsPercentMin: 10,
  /** Delay (p99) of the event loop above which fewer are admitted, and below which more are again. */
  loopDelayHighMs: 40,
  loopDelayLowMs: 20,
  /** Shares of lanes B to E, in hundredths. */
  shareB: 50,
  shareC: 25,
  shareD: 15,
  shareE: 10,
  /** A share that was not used is kept this long before it flows down. */
  shareBurstMs: 2_000,
  /** The same for lane E outside of quiet time: nobody saves up for an attack. */
  shareBurstMsPressed: 250,
  /** Parts of `connectionsMax`, in hundredths, up to which lanes C, D and E are let in; B is up to all of it. */
  roomC: 95,
  roomD: 85,
  roomE: 70,
  /** Proofs whose place in the spent set is being written. */
  spendsInFlightMax: 4_096,
  /** Proofs remembered in memory as used: the most recent ones, or all that the spent set could not take. */
  spentRememberedMax: 131_072,
  /** Those of them that the spent set could not take; more tickets are refused as busy until it can. */
  unkeptMax: 32_768,
  /** Hosts for which one solution is tried. */
  hostsTriedMax: 4,

  // Clocks.

  /** How far the clock may jump, either way: nothing lapses earlier for it, and nothing used is forgotten for it. */
  clockJumpMs: 3_600_000,

  // Work.

  /** Effort asked when no newcomer is dropped: 0.2 s on a slow phone. */
  effortFloor: 4,
  /** Least time between two raises. */
  effortRaiseMs: 2_000,
  /** What a raise multiplies by, in hundredths. */
  effortRaisePercent: 150,
  /** Quiet time after which the effort sinks, and by what part of itself in a second, in hundredths. */
  effortHoldMs: 10_000,
  effortSinkPercent: 5,
  /** How long an effort is good after a higher one is asked: whoever is solving is not told to start again. */
  effortGraceMs: 30_000,

  // Modes: what takes the gate to `guarded`, and to `siege`.

  /** Age of the oldest hello from which those inside are told to hold back, before the next decision on the mode. */
  pressureQueueAgeMs: 20,
  modeQueueAgeMsGuarded: 250,
  modeQueueAgeMsSiege: 600,
  modeLoopDelayMsGuarded: 60,
  modeLoopDelayMsSiege: 200,
  /** Share of a second in which the event loop was busy, in hundredths. */
  modeBusyPercentGuarded: 85,
  modeBusyPercentSiege: 97,
  /** Arrivals in a second below which a late or busy event loop is not strangers' doing. */
  modeArrivalsMin: 16,
  modeOverflowsGuarded: 1,
  modeOverflowsSiege: 100,
  /** Part of the open connections that are not admitted, in hundredths, and how many they must be to matter. */
  modeUnadmittedPercentGuarded: 50,
  modeUnadmittedPercentSiege: 80,
  modeUnadmittedMinGuarded: 128,
  modeUnadmittedMinSiege: 1_024,
  modeMemoryPercentGuarded: 80,
  modeMemoryPercentSiege: 95,
  /** Connections lost before admission in a second, and for how many admissions each, that mean an attack. */
  modeLostGuarded: 64,
  modeLostPerAdmissionGuarded: 4,
  /** Time without a reason for the present mode, after which it goes down by one. */
  modeCleanMs: 60_000,

  // Refusals.

  /** Shortest and longest that a refused connection is told to stay away. */
  retryMsMin: 1_000,
  retryMsMax: 60_000,
  /** The same for one that is told to bring another proof: it may have it at hand. */
  proveRetryMs: 500,
} as const;

export type GateServerLimits = { readonly [K in keyof typeof gateServerLimits]: number };
