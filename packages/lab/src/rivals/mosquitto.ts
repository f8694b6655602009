import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PairLoad, type PairShape, type PairTransport } from "../bench/pair-load.ts";
import { inBatches } from "../bench/rempart-setup.ts";
import { within } from "../deadline.ts";
import { LabError } from "../lab-error.ts";
import { Child } from "../process/child.ts";
import { type Layout, pinnedCommand } from "../process/cpus.ts";
import { ByteSocket } from "../wire/byte-socket.ts";
import { freePort, untilListening } from "./free-port.ts";
import { connectPacket, packetAt, packetTypes, publishTemplate, subscribePacket } from "./mqtt-packets.ts";
import { requireProgram } from "./package.ts";
import { hardened, type Rival, type SiegeOptions, siegeAccount } from "./siege.ts";

const program = "/usr/sbin/mosquitto";
const connectionsAtOnce = 50;
const answerMsMax = 30_000;

export const mosquittoNote =
  "mosquitto, QoS 1: acknowledges from memory, its store is written at exit and every 30 min, no fsync";

/** A broker of our own, with its configuration and data in `directory`. */
export async function startMosquitto(directory: string, layout: Layout): Promise<{ child: Child; port: number }> {
  requireProgram(program, "mosquitto");
  const port = await freePort();
  const file = join(directory, "mosquitto.conf");
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "persistence true",
    `persistence_location ${directory}/`,
    "max_queued_messages 0",
    "set_tcp_nodelay true",
    "log_type error",
    ...(process.getuid?.() === 0 ? ["user root"] : []),
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const child = await Child.start(pinnedCommand(layout, [program, "-c", file]));
  await untilListening(child, port);
  return { child, port };
}

/** The same broker for a siege: passwords, Debian's limits, or its own means drawn tight. */
export async function startMosquittoForSiege(directory: string, options: SiegeOptions): Promise<Rival> {
  requireProgram(program, "mosquitto");
  const port = await freePort();
  const passwords = join(directory, "passwords");
  const made = spawnSync("mosquitto_passwd", ["-b", "-c", passwords, siegeAccount.user, siegeAccount.password]);
  if (made.status !== 0) throw new LabError("ERR_CHILD", `mosquitto_passwd failed: ${made.stderr}`);
  // It gives up root before it reads the file.
  chmodSync(passwords, 0o644);
  const file = join(directory, "mosquitto.conf");
  const tight = [
    `max_connections ${hardened.connectionsMax}`,
    "max_keepalive 60",
    `max_packet_size ${hardened.messageBytesMax}`,
    "max_queued_messages 100",
    "max_queued_bytes 1048576",
    "max_inflight_messages 20",
  ];
  const lines = [
    `listener ${port} 127.0.0.1`,
    ...(options.tls === undefined ? [] : [`certfile ${options.tls.certFile}`, `keyfile ${options.tls.keyFile}`]),
    "allow_anonymous false",
    `password_file ${passwords}`,
    "persistence true",
    `persistence_location ${directory}/`,
    "set_tcp_nodelay true",
    "log_type error",
    ...(process.getuid?.() === 0 ? ["user root"] : []),
    ...(options.isHardened ? tight : []),
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const child = await Child.start(pinnedCommand("split", [program, "-c", file]));
  await untilListening(child, port);
  const means = options.isHardened ? "; bounded connections, packets, queues and keep-alive" : "";
  return { child, port, note: `acknowledges QoS 1 from memory, no fsync${means}` };
}

interface Sender {
  readonly socket: ByteSocket;
  readonly template: ReturnType<typeof publishTemplate>;
  readonly queue: number[];
}

/** Pairs of MQTT clients: one publishes with QoS 1 on a topic of their own, the other is subscribed with QoS 1. */
export class MqttPairs implements PairTransport {
  readonly isAcknowledging = true;
  readonly load: PairLoad;
  readonly #shape: PairShape;
  readonly #senders: Sender[] = [];
  readonly #sockets: ByteSocket[] = [];
  readonly #waiting = new Set<Sender>();

  private constructor(shape: PairShape) {
    this.#shape = shape;
    this.load = new PairLoad(this, shape.pairs * shape.window);
  }

  static async open(port: number, shape: PairShape): Promise<MqttPairs> {
    const made = new MqttPairs(shape);
    await inBatches(shape.pairs, connectionsAtOnce, (pair) => made.#openPair(port, pair));
    return made;
  }

  send(slot: number, round: number): void {
    const sender = this.#senders[Math.floor(slot / this.#shape.window)];
    if (sender === undefined) return;
    sender.queue.push(slot, round);
    this.#waiting.add(sender);
  }

  flush(): void {
    for (const { socket, template, queue } of this.#waiting) {
      const { bytes, idAt, payloadAt } = template;
      const out = Buffer.allocUnsafe((queue.length / 2) * bytes.length);
      for (let i = 0; i < queue.length; i += 2) {
        const at = (i / 2) * bytes.length;
        const slot = queue[i] ?? 0;
        bytes.copy(out, at);
        // Packet ids are 1 to 65,535 and only need to differ within one connection.
        out.writeUInt16BE((slot % this.#shape.window) + 1, at + idAt);
        out.writeUInt32BE(slot, at + payloadAt);
        out.writeUInt32BE(queue[i + 1] ?? 0, at + payloadAt + 4);
      }
      queue.length = 0;
      socket.write(out);
    }
    this.#waiting.clear();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #openPair(port: number, pair: number): Promise<void> {
    const topic = `pair/${pair}`;
    const sender = await this.#connect(port, `sender-${pair}`);
    const recipient = await this.#connect(port, `recipient-${pair}`);
    await answered(recipient, subscribePacket(topic), packetTypes.suback);
    this.#senders[pair] = {
      socket: sender,
      template: publishTemplate(topic, randomBytes(this.#shape.bodyBytes)),
      queue: [],
    };
    sender.onBytes = (bytes, end) => this.#takeAcknowledgements(pair, bytes, end);
    recipient.onBytes = (bytes, end) => this.#takeMessages(recipient, bytes, end);
    for (const socket of [sender, recipient]) socket.onClose = (error) => this.load.fail(error);
  }

  async #connect(port: number, clientId: string): Promise<ByteSocket> {
    const socket = await ByteSocket.open({ host: "127.0.0.1", port });
    this.#sockets.push(socket);
    await answered(socket, connectPacket(clientId), packetTypes.connack);
    return socket;
  }

  #takeAcknowledgements(pair: number, bytes: Buffer, end: number): number {
    let at = 0;
    for (let found = packetAt(bytes, at, end); found !== undefined; found = packetAt(bytes, at, end)) {
      at = found.end;
      if (found.type !== packetTypes.puback) this.load.fail(new LabError("ERR_BENCH", "an unexpected MQTT packet"));
      else this.load.acknowledged(pair * this.#shape.window + bytes.readUInt16BE(found.start) - 1);
    }
    this.flush();
    return at;
  }

  #takeMessages(recipient: ByteSocket, bytes: Buffer, end: number): number {
    let at = 0;
    const acknowledgements: number[] = [];
    for (let found = packetAt(bytes, at, end); found !== undefined; found = packetAt(bytes, at, end)) {
      at = found.end;
      if (found.type !== packetTypes.publish) continue;
      const idAt = found.start + 2 + bytes.readUInt16BE(found.start);
      acknowledgements.push(0x40, 2, bytes[idAt] ?? 0, bytes[idAt + 1] ?? 0);
      this.load.delivered(bytes.readUInt32BE(idAt + 2), bytes.readUInt32BE(idAt + 6));
    }
    if (acknowledgements.length > 0) recipient.write(Buffer.from(acknowledgements));
    this.flush();
    return at;
  }
}

async function answered(socket: ByteSocket, request: Buffer, type: number): Promise<void> {
  const answer = new Promise<void>((resolve, reject) => {
    socket.onClose = reject;
    socket.onBytes = (bytes, end) => {
      const found = packetAt(bytes, 0, end);
      if (found === undefined) return 0;
      if (found.type === type) resolve();
      else reject(new LabError("ERR_BENCH", `the broker answered with MQTT packet ${found.type}, not ${type}`));
      return found.end;
    };
  });
  socket.write(request);
  await within(answerMsMax, "an answer of the broker", answer);
}
