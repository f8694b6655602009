/**
 * Finds the peers that are gone without having said so: they moved to another network, or the proxy before us
 * lost them. One sweep for all of them, a slice of it every tick, and no timer for any.
 */

/** A peer as the sweep sees it. */
export interface Pulse {
  /** Bytes received so far: anything at all is a sign of life, and the answer to a ping is. */
  readonly bytesRead: number;
  /** What `bytesRead` was when the sweep last came by. The sweep's own. */
  bytesSeen: number;
  /** Visits of the sweep in a row that found nothing new. The sweep's own. */
  silentVisits: number;
  ping(): void;
  terminate(): void;
}

/** Ticks in which the sweep visits every peer once, however few they are. */
const roundTicks = 40;

export class Heartbeat<P extends Pulse> {
  readonly #peers = new Set<P>();
  #visits: Iterator<P> = this.#peers.values();
  #ticksOfRound = 0;

  add(peer: P): void {
    this.#peers.add(peer);
  }

  remove(peer: P): void {
    this.#peers.delete(peer);
  }

  /** For the shell to call about once a second. */
  tick(): void {
    this.#ticksOfRound += 1;
    for (let left = Math.ceil(this.#peers.size / roundTicks); left > 0; left--) {
      const { value: peer, done } = this.#visits.next();
      if (done !== true) visit(peer);
      else if (this.#ticksOfRound > roundTicks) this.#startRound();
    }
  }

  #startRound(): void {
    this.#visits = this.#peers.values();
    this.#ticksOfRound = 0;
  }
}

/**
 * Whoever is silent for a whole round is asked, and gone if he has said nothing two rounds later: over a slow
 * network the answer may have to wait for what was sent before the question.
 */
function visit(peer: Pulse): void {
  const { bytesRead } = peer;
  peer.silentVisits = bytesRead === peer.bytesSeen ? peer.silentVisits + 1 : 0;
  peer.bytesSeen = bytesRead;
  if (peer.silentVisits === 1) peer.ping();
  else if (peer.silentVisits > 2) peer.terminate();
}
