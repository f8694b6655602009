/**
 * Reads what a guest sends, state by state, and says what becomes of it. Every reader sees all bytes that wait, answers
 * whether it needs more, and may see no more than its cap.
 */
import type { Server as HttpServer } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { encode, type Verdict, verdictCodec } from "@rempart/protocol";
import type { Gate } from "../core/gate.ts";
import type { Outcome, Source } from "../core/types.ts";
import type { Visit } from "../core/visit.ts";
import type { Clock } from "../ports.ts";
import type { Guest, Host } from "./guest.ts";
import type { Handshakes } from "./handshakes.ts";
import { readRequestHead, type UpgradeHead } from "./http/request-head.ts";
import {
  httpRefusal,
  readProofFrame,
  switchingProtocols,
  tryAgainLater,
  verdictFrame,
} from "./http/websocket-frames.ts";
import { Pace } from "./pace.ts";
import type { Proxies } from "./proxy/proxies.ts";
import { readProxyHeader } from "./proxy/proxy-header.ts";
import { readClientHello } from "./tls/client-hello.ts";
import type { Recogniser } from "./tls/recogniser.ts";

/** Where a connection has arrived, as a `net.Socket` tells it. */
export interface Arrival {
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
}

/** Somebody who is inside now. The socket is paused; `head` came behind the proof, and is not in it. */
export interface Admission {
  readonly socket: Socket;
  readonly head: Buffer;
  /** Its new owner calls `leave()` when the connection closes. */
  readonly visit: Visit;
  readonly arrival: Arrival;
}

export interface ReceptionOptions {
  readonly gate: Gate;
  /** The ordinary website; connections are emitted to it. */
  readonly http: HttpServer;
  readonly proxies: Proxies;
  /** Whether a page from this `Origin` may connect to this `Host`. */
  isAllowedOrigin(origin: string | undefined, host: string): boolean;
  /** The hosts by which whoever arrives there may know this server. */
  hostsAt(arrival: Arrival): readonly string[];
  sourceOf(address: string): Source;
  readonly clock: Clock;
  admitted(admission: Admission): void;
  /** A header of the PROXY protocol came from an address that is not listed. */
  unlistedProxy(): void;
}

/** Where TLS is spoken, what it needs. */
export interface TlsDesk {
  readonly recogniser: Recogniser;
  readonly handshakes: Handshakes;
}

/** Reads in which a hello may come: a path of the smallest segments needs five. */
const helloPiecesMax = 16;
/** The same for a head: 4 KiB in segments of 256 bytes. */
const headPiecesMax = 16;
/** Bytes of somebody who is leaving that are still read, so that his own closing does not turn ours into a reset. */
const leavingBytesMax = 4_096;

export class Reception implements Host {
  readonly #options: ReceptionOptions;
  readonly #gate: Gate;
  readonly #tls: TlsDesk | undefined;
  readonly #guests: Set<Guest>;
  readonly #pace: Pace;

  /** `guests`: everybody who is in a phase with a deadline; this takes out whom it has seen through. */
  constructor(options: ReceptionOptions, { tls, guests }: { tls: TlsDesk | undefined; guests: Set<Guest> }) {
    this.#options = options;
    this.#gate = options.gate;
    this.#tls = tls;
    this.#guests = guests;
    this.#pace = new Pace(options.gate.limits.handshakeTurnMs);
  }

  received(guest: Guest): void {
    switch (guest.phase) {
      case "proxy":
        this.#proxy(guest);
        return;
      case "peek":
        this.#peek(guest);
        return;
      case "tls":
        if (guest.bytes.length > this.#gate.limits.peekBytesMax) this.drop(guest, "peek-too-long");
        return;
      case "head":
        this.#head(guest);
        return;
      case "proof":
        this.#proof(guest);
        return;
      case "judged":
        if (guest.bytes.length > this.#gate.limits.pipelinedBytesMax) this.drop(guest, "proof-junk");
        return;
      case "leaving":
        if (guest.bytes.length > leavingBytesMax) guest.raw.destroy();
        return;
      case "website":
      case "gone":
        return;
    }
  }

  ended(guest: Guest): void {
    guest.raw.destroy();
  }

  closed(guest: Guest): void {
    const { phase, visit } = guest;
    this.#leave(guest, "gone");
    if (visit === undefined) return;
    if (phase === "website") visit.leave();
    else if (phase === "tls") {
      this.#tls?.handshakes.drop(guest, visit);
      visit.lost("tls-error");
    } else if (phase === "peek" || phase === "head" || phase === "proof") visit.lost(`${phase}-reset`);
  }

  /** Lets a guest go without a word: a reset leaves nothing behind, neither here nor in the kernel. */
  drop(guest: Guest, outcome: Outcome): void {
    const { phase, visit } = guest;
    // First, because the connection's end would be counted otherwise.
    visit?.lost(outcome);
    if (phase === "tls" && visit !== undefined) this.#tls?.handshakes.drop(guest, visit);
    guest.raw.resetAndDestroy();
  }

  /** Begins with somebody whose visit the gate has taken. */
  welcome(guest: Guest, visit: Visit): void {
    guest.visit = visit;
    visit.hello = this.#tls === undefined ? "plain" : "stranger";
    this.#enter(guest, this.#tls === undefined ? "head" : "peek");
  }

  /** A listed proxy has connected: it may speak the PROXY protocol, HTTP with `X-Forwarded-For`, or for itself. */
  #proxy(guest: Guest): void {
    const reading = readProxyHeader(guest.bytes);
    if (reading === "incomplete") return;
    if (reading === "junk") {
      this.drop(guest, "peek-junk");
      return;
    }
    const own = guest.raw.remoteAddress;
    if (own === undefined) {
      this.drop(guest, "peek-reset");
      return;
    }
    if (reading === "absent" && this.#tls === undefined) {
      // Who is behind it stands in the request.
      guest.phase = "head";
    } else {
      if (reading !== "absent") guest.took(reading.bytes);
      const address = reading === "absent" ? own : (reading.address ?? own);
      const visit = this.#gate.arrive(this.#options.sourceOf(address));
      if (typeof visit === "string") {
        this.drop(guest, visit);
        return;
      }
      this.welcome(guest, visit);
    }
    if (guest.bytes.length > 0) this.received(guest);
  }

  #peek(guest: Guest): void {
    const { visit } = guest;
    if (visit === undefined || this.#tls === undefined) throw new Error("nobody peeks without a visit and TLS");
    const { peekBytesMax } = this.#gate.limits;
    const reading = readClientHello(guest.bytes, peekBytesMax);
    if (reading === "junk") {
      this.#refuseJunk(guest, "peek-junk");
      return;
    }
    if (reading === "too-long" || guest.pieces > helloPiecesMax) {
      this.drop(guest, "peek-too-long");
      return;
    }
    if (reading === "incomplete") return;
    const { kind, context } = this.#tls.recogniser.recognise(reading.identities);
    visit.hello = kind;
    guest.context = context;
    this.#enter(guest, "tls");
    if (!this.#tls.handshakes.add(guest, visit)) guest.raw.resetAndDestroy();
  }

  /** The TLS handshake is done. */
  secured(guest: Guest, stream: TLSSocket): void {
    this.#enter(guest, "head");
    guest.isWaiting = true;
    guest.listen(stream);
    this.#inTurn(guest.visit, () => {
      guest.isWaiting = false;
      if (guest.phase === "head" && guest.bytes.length > 0) this.#head(guest);
    });
  }

  /** Does what is next for a visit: at once, but for others (see `Standing`) only when there is time. */
  #inTurn(visit: Visit | undefined, work: () => void): void {
    if (visit?.standing === "other") this.#pace.do(work);
    else work();
  }

  #head(guest: Guest): void {
    const { headBytesMax } = this.#gate.limits;
    if (guest.isWaiting && guest.bytes.length <= headBytesMax) return;
    const reading = readRequestHead(guest.bytes, headBytesMax);
    if (reading === "website") {
      this.#website(guest);
      return;
    }
    if (reading === "junk") {
      this.#refuseJunk(guest, "head-junk");
      return;
    }
    if (reading === "too-long" || guest.pieces > headPiecesMax) {
      this.#refuse(guest, "head-too-long", "431 Request Header Fields Too Large");
      return;
    }
    if (reading === "incomplete") return;
    if (guest.visit !== undefined || this.#arriveBehindProxy(guest, reading)) this.#upgrade(guest, reading);
  }

  #arriveBehindProxy(guest: Guest, { forwardedFor }: UpgradeHead): boolean {
    const address = this.#options.proxies.clientIn(forwardedFor) ?? guest.raw.remoteAddress;
    if (address === undefined) return false;
    const visit = this.#gate.arrive(this.#options.sourceOf(address));
    if (typeof visit === "string") {
      // A reset would make the proxy think that this server is gone.
      this.#seeOut(guest, httpRefusal("503 Service Unavailable"));
      return false;
    }
    this.welcome(guest, visit);
    return true;
  }

  #upgrade(guest: Guest, head: UpgradeHead): void {
    if (!this.#options.isAllowedOrigin(head.origin, head.host)) {
      this.#refuse(guest, "head-origin", "403 Forbidden");
      return;
    }
    guest.took(head.bytes);
    guest.pieces = 0;
    this.#enter(guest, "proof");
    guest.stream.write(switchingProtocols(head.key));
    if (guest.bytes.length > 0) this.#proof(guest);
  }

  #proof(guest: Guest): void {
    const { visit } = guest;
    if (visit === undefined) throw new Error("nobody proves anything without a visit");
    const reading = readProofFrame(guest.bytes);
    if (reading === "incomplete" && guest.pieces <= headPiecesMax) return;
    if (reading === "incomplete" || reading === "junk") {
      this.drop(guest, "proof-junk");
      return;
    }
    guest.took(reading.bytes);
    guest.phase = "judged";
    if (guest.bytes.length > this.#gate.limits.pipelinedBytesMax) {
      this.drop(guest, "proof-junk");
      return;
    }
    const arrival = { localAddress: guest.raw.localAddress, localPort: guest.raw.localPort };
    void visit
      .prove(reading.proof, { hosts: this.#options.hostsAt(arrival) })
      .then((verdict) => this.#judge(guest, { visit, arrival, verdict }));
  }

  #judge(guest: Guest, { visit, arrival, verdict }: { visit: Visit; arrival: Arrival; verdict: Verdict }): void {
    const frame = verdictFrame(encode(verdictCodec, verdict));
    const isHere = () => guest.phase === "judged" && !guest.stream.destroyed;
    if (verdict.kind === "admitted") {
      this.#inTurn(visit, () => {
        if (isHere()) this.#admit(guest, { visit, arrival, frame });
        else visit.leave();
      });
    } else if (isHere()) this.#seeOut(guest, Buffer.concat([frame, tryAgainLater]));
  }

  #admit(guest: Guest, { visit, arrival, frame }: { visit: Visit; arrival: Arrival; frame: Buffer }): void {
    this.#promote(guest, visit);
    const head = guest.bytes;
    guest.took(head.length);
    const socket = guest.release();
    this.#leave(guest, "gone");
    guest.handOver();
    socket.write(frame);
    this.#options.admitted({ socket, head, visit, arrival });
  }

  /** By ticket or token: somebody from inside. His next TLS session is recognised before it costs anything. */
  #promote({ stream, sessions }: Guest, { hello, lane }: Visit): void {
    const isProven = lane === "B" || lane === "C";
    if (!isProven || hello !== "stranger" || !(stream instanceof TLSSocket)) return;
    const own = stream.getSession();
    // OpenSSL's own is that of the last ticket: sessions that do not end with it are somebody else's.
    if (own !== undefined && sessions.at(-1)?.equals(own) === true) this.#tls?.recogniser.promote(sessions);
  }

  #website(guest: Guest): void {
    const { visit } = guest;
    // Behind a listed proxy one connection carries the requests of many: the proxy has to bound those.
    if (visit !== undefined && !visit.browse()) {
      guest.raw.resetAndDestroy();
      return;
    }
    this.#leave(guest, "website");
    const stream = guest.release();
    this.#options.http.emit("connection", stream);
    stream.resume();
  }

  /** Neither TLS nor HTTP. */
  #refuseJunk(guest: Guest, outcome: "peek-junk" | "head-junk"): void {
    if (readProxyHeader(guest.bytes) !== "absent") this.#options.unlistedProxy();
    this.drop(guest, outcome);
  }

  #refuse(guest: Guest, outcome: Outcome, status: string): void {
    guest.visit?.lost(outcome);
    this.#seeOut(guest, httpRefusal(status));
  }

  /** Says a last word and closes our half; the sweep ends what the peer leaves open. */
  #seeOut(guest: Guest, word: string | Buffer): void {
    guest.took(guest.bytes.length);
    this.#enter(guest, "leaving");
    guest.stream.end(word);
  }

  #enter(guest: Guest, phase: "peek" | "tls" | "head" | "proof" | "leaving"): void {
    guest.phase = phase;
    guest.since = this.#options.clock.elapsed();
    if (phase !== "leaving") guest.visit?.enter(phase);
  }

  #leave(guest: Guest, phase: "website" | "gone"): void {
    guest.phase = phase;
    this.#guests.delete(guest);
  }
}
