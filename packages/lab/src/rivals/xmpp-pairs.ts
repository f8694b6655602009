import { PairLoad, type PairShape, type PairTransport } from "../bench/pair-load.ts";
import { inBatches } from "../bench/rempart-setup.ts";
import { LabError } from "../lab-error.ts";
import { XmppClient, xmppDomain } from "./xmpp-client.ts";

const connectionsAtOnce = 25;
const bodyStart = "<body>";
const messageEnd = "</message>";

interface Sender {
  readonly client: XmppClient;
  readonly recipient: string;
  queue: string;
}

/** Pairs of XMPP clients that chat. XMPP does not acknowledge a message to its sender: only delivery is counted. */
export class XmppPairs implements PairTransport {
  readonly isAcknowledging = false;
  readonly load: PairLoad;
  readonly #shape: PairShape;
  readonly #senders: Sender[] = [];
  readonly #clients: XmppClient[] = [];
  readonly #waiting = new Set<Sender>();

  private constructor(shape: PairShape) {
    this.#shape = shape;
    this.load = new PairLoad(this, shape.pairs * shape.window);
  }

  static async open(port: number, shape: PairShape): Promise<XmppPairs> {
    const made = new XmppPairs(shape);
    await inBatches(shape.pairs, connectionsAtOnce, (pair) => made.#openPair(port, pair));
    return made;
  }

  send(slot: number, round: number): void {
    const sender = this.#senders[Math.floor(slot / this.#shape.window)];
    if (sender === undefined) return;
    const body = `${slot}-${round}:`.padEnd(this.#shape.bodyBytes, "x");
    sender.queue += `<message type='chat' id='${slot}-${round}' to='${sender.recipient}'>${bodyStart}${body}</body>${messageEnd}`;
    this.#waiting.add(sender);
  }

  flush(): void {
    for (const sender of this.#waiting) {
      sender.client.socket.write(sender.queue);
      sender.queue = "";
    }
    this.#waiting.clear();
  }

  close(): void {
    for (const client of this.#clients) client.socket.destroy();
  }

  async #openPair(port: number, pair: number): Promise<void> {
    const sender = await XmppClient.open(port, `sender-${pair}`);
    const recipient = await XmppClient.open(port, `recipient-${pair}`);
    this.#clients.push(sender, recipient);
    recipient.socket.write("<presence/>");
    this.#senders[pair] = { client: sender, recipient: `recipient-${pair}@${xmppDomain}/lab`, queue: "" };
    sender.socket.onBytes = (bytes, end) => {
      const text = bytes.toString("latin1", 0, end);
      if (text.includes("<stream:error") || text.includes("type='error'")) {
        this.load.fail(new LabError("ERR_BENCH", `the XMPP server said ${text.slice(0, 200)}`));
      }
      return end;
    };
    recipient.socket.onBytes = (bytes, end) => this.#takeMessages(bytes, end);
    for (const { socket } of [sender, recipient]) socket.onClose = (error) => this.load.fail(error);
  }

  #takeMessages(bytes: Buffer, end: number): number {
    const received = bytes.subarray(0, end);
    let at = 0;
    for (let next = received.indexOf(messageEnd); next >= 0; next = received.indexOf(messageEnd, at)) {
      const bodyAt = received.indexOf(bodyStart, at) + bodyStart.length;
      const [slot, round] = received.toString("latin1", bodyAt, received.indexOf(":", bodyAt)).split("-");
      this.load.delivered(Number(slot), Number(round));
      at = next + messageEnd.length;
    }
    this.flush();
    return at;
  }
}
