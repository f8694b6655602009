import { randomBytes } from "node:crypto";
import { decodeReceived } from "@rempart/protocol";
import { LabError } from "../lab-error.ts";
import { firstAccount, type ServerProcess } from "../process/server-process.ts";
import { AppendTemplate, eachEntry, kindOf, requestIdAt } from "../wire/fast-frames.ts";
import type { LabClient } from "../wire/lab-client.ts";
import { PairLoad, type PairShape, type PairTransport } from "./pair-load.ts";
import { createLogs, openClients } from "./rempart-setup.ts";

interface Sender {
  readonly client: LabClient;
  readonly template: AppendTemplate;
  /** Slots and rounds that wait for the next flush, alternating. */
  readonly queue: number[];
}

/** Pairs of protocol-level clients: one appends to a log of their own, the other is subscribed to it. */
export class RempartPairs implements PairTransport {
  readonly isAcknowledging = true;
  readonly load: PairLoad;
  readonly #window: number;
  readonly #senders: Sender[] = [];
  readonly #clients: LabClient[] = [];
  readonly #waiting = new Set<Sender>();

  private constructor({ pairs, window }: PairShape) {
    this.#window = window;
    this.load = new PairLoad(this, pairs * window);
  }

  /** Registers, creates the logs, connects and subscribes everybody. */
  static async open(server: ServerProcess, shape: PairShape): Promise<RempartPairs> {
    const { pairs, bodyBytes } = shape;
    const made = new RempartPairs(shape);
    const account = await firstAccount(server);
    const logs = await createLogs(server.address, account, pairs);
    const senders = await openClients(server.address, pairs);
    const recipients = await openClients(server.address, pairs);
    made.#clients.push(...senders, ...recipients);
    for (const [pair, log] of logs.entries()) {
      const sender = senders[pair];
      const recipient = recipients[pair];
      if (sender === undefined || recipient === undefined) continue;
      await recipient.subscribe(log);
      made.#join(pair, {
        sender,
        recipient,
        template: new AppendTemplate(log, randomBytes(bodyBytes), randomBytes(8)),
      });
    }
    return made;
  }

  send(slot: number, round: number): void {
    const sender = this.#senders[Math.floor(slot / this.#window)];
    if (sender === undefined) return;
    sender.queue.push(slot, round);
    this.#waiting.add(sender);
  }

  flush(): void {
    for (const { client, template, queue } of this.#waiting) {
      const bytes = Buffer.allocUnsafe((queue.length / 2) * template.frameBytes);
      for (let i = 0; i < queue.length; i += 2) {
        const slot = queue[i] ?? 0;
        template.writeTo(bytes, (i / 2) * template.frameBytes, { requestId: slot, slot, round: queue[i + 1] ?? 0 });
      }
      queue.length = 0;
      client.socket.write(bytes);
    }
    this.#waiting.clear();
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #join(pair: number, ends: { sender: LabClient; recipient: LabClient; template: AppendTemplate }): void {
    this.#senders[pair] = { client: ends.sender, template: ends.template, queue: [] };
    ends.sender.takeFrames((bytes, start, end) => {
      const kind = kindOf(bytes, start);
      if (kind === "reply") this.load.acknowledged(requestIdAt(bytes, start));
      else this.#unexpected(bytes.subarray(start, end));
    });
    let lastSeq = 0;
    ends.recipient.takeFrames((bytes, start) => {
      if (kindOf(bytes, start) !== "entries") return;
      eachEntry(bytes, start, (slot, round, seq) => {
        if (seq !== lastSeq + 1) this.load.fail(new LabError("ERR_BENCH", `entry ${seq} came after ${lastSeq}`));
        lastSeq = seq;
        this.load.delivered(slot, round);
      });
    });
    for (const { socket } of [ends.sender, ends.recipient]) {
      socket.onBatchEnd = () => this.flush();
      socket.onClose = (error) => this.load.fail(error);
    }
  }

  #unexpected(frame: Uint8Array): void {
    const received = decodeReceived(frame);
    if (received.kind === "error") this.load.fail(received.error);
  }
}
