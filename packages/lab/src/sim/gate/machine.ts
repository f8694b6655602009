/** The simulated server: a core so slow, and limits so small, that a few dozen connections a second besiege it. */
import { type GateServerLimits, gateServerLimits } from "@rempart/gate";

/** How many times slower than the core on which the costs were measured. */
const slowness = 4;

/** CPU of one server core, in milliseconds: what the design and `docs/bench.md` have measured, times `slowness`. */
export const costMs = {
  /** Accepting a connection, and resetting it. */
  accept: 0.07 * slowness,
  /** Reading a ClientHello and looking for a ticket of our own. */
  peek: 0.005 * slowness,
  /** A TLS handshake, new or resumed. */
  handshake: 0.8 * slowness,
  /** Reading the head of a request and answering it. */
  head: 0.03 * slowness,
  /** Checking a proof, whatever it turns out to be. */
  proof: 0.04 * slowness,
  /** One frame of somebody inside. */
  frame: 0.02 * slowness,
} as const;

/** Connections that the kernel completes while the process is busy; more are dropped. */
export const backlogMax = 4_096 / slowness;

/** Frames a second that the server takes from one who is inside, and how many at once, before it ends his connection. */
export const framesPerSecondMax = 400 / slowness;
export const framesAtOnceMax = 2 * framesPerSecondMax;

/**
 * Part of the core that floods from inside take at most. The gate cannot help it when those who are inside use up
 * the server, so the model leaves out what would be beyond this.
 */
export const floodPart = 0.5;

const scaled = (limit: number) => Math.ceil(limit / slowness);
const full = gateServerLimits;

/**
 * Numbers of connections and rates are the real ones over `slowness`; times, shares and what is counted for one prefix
 * for minutes are the real ones. The tables of prefixes are smaller still, so that every run fills them.
 */
export const machineLimits: GateServerLimits = {
  ...full,
  connectionsMax: scaled(full.connectionsMax),
  unadmittedMax: scaled(full.unadmittedMax),
  handshakenMax: scaled(full.handshakenMax),
  unadmittedPerPrefixMax: scaled(full.unadmittedPerPrefixMax),
  browsingMax: scaled(full.browsingMax),
  acceptPerSecond: scaled(full.acceptPerSecond),
  acceptPerPrefixPerSecondNormal: scaled(full.acceptPerPrefixPerSecondNormal),
  acceptPerPrefixPerSecondGuarded: scaled(full.acceptPerPrefixPerSecondGuarded),
  acceptPerPrefixPerSecondSiege: scaled(full.acceptPerPrefixPerSecondSiege),
  // A quarter of what is due: places for handshakes are to be as scarce as the CPU, or nobody would notice who gets them.
  handshakesInFlightMax: scaled(full.handshakesInFlightMax / 4),
  handshakesRecentMax: scaled(full.handshakesRecentMax),
  handshakesInFlightPerPrefixMax: scaled(full.handshakesInFlightPerPrefixMax),
  handshakesWaitingMax: scaled(full.handshakesWaitingMax),
  handshakesWaitingPerPrefixMax: scaled(full.handshakesWaitingPerPrefixMax),
  admissionsPerSecond: scaled(full.admissionsPerSecond),
  modeArrivalsMin: scaled(full.modeArrivalsMin),
  modeOverflowsSiege: scaled(full.modeOverflowsSiege),
  modeUnadmittedMinGuarded: scaled(full.modeUnadmittedMinGuarded),
  modeUnadmittedMinSiege: scaled(full.modeUnadmittedMinSiege),
  modeLostGuarded: scaled(full.modeLostGuarded),
  prefixesMax: 128,
  networksMax: 16,
  spendsInFlightMax: scaled(full.spendsInFlightMax),
  spentRememberedMax: 512,
  unkeptMax: scaled(full.unkeptMax),
};
