import { LabError } from "../../lab-error.ts";
import { connectPacket, packetAt, packetTypes, publishTemplate, subscribePacket } from "../../rivals/mqtt-packets.ts";
import { siegeAccount } from "../../rivals/siege.ts";
import { authStanza, bindStanza, registrationStanza, streamHeader } from "../../rivals/xmpp-stanzas.ts";
import type { RivalSession } from "./rival-session.ts";

/** Messages as the rivals carry them: 400 bytes with the transaction's id in front. */
const bodyBytes = 400;
const idPattern = /#([0-9a-f]{32})#/g;

/** What honest clients of a rival say. */
export interface RivalProtocol {
  /** Makes the account, where that is done over the wire. */
  register(session: RivalSession): Promise<void>;
  /** Signs in under a name of its own. */
  signIn(session: RivalSession, name: string): Promise<void>;
  /** Hears what is sent to this number from now on. */
  listen(session: RivalSession, recipient: number, onId: (id: string) => void): Promise<void>;
  /** Resolves when the server has acknowledged; where it does not, when the message is on its way. */
  send(session: RivalSession, recipient: number, id: string): Promise<void>;
}

function bodyOf(id: string): string {
  return `#${id}#`.padEnd(bodyBytes, "x");
}

export const xmpp: RivalProtocol = {
  async register(session) {
    await ask(session, streamHeader("localhost"), /<\/stream:features>/);
    await ask(session, registrationStanza(siegeAccount), /id=['"]register['"]/);
  },
  async signIn(session, name) {
    await ask(session, streamHeader("localhost"), /<\/stream:features>/);
    await ask(session, authStanza(siegeAccount), /<success/);
    await ask(session, streamHeader("localhost"), /<\/stream:features>/);
    await ask(session, bindStanza(name), /id=['"]bind['"]/);
  },
  async listen(session, _recipient, onId) {
    session.onBytes = idReader(onId);
    session.write("<presence><priority>-1</priority></presence>");
  },
  async send(session, recipient, id) {
    const to = `${siegeAccount.user}@localhost/recipient-${recipient}`;
    session.write(`<message type='chat' id='${id}' to='${to}'><body>${bodyOf(id)}</body></message>`);
  },
};

/** Ids wherever they stand in what comes, also across pieces. */
function idReader(onId: (id: string) => void): (bytes: Buffer) => void {
  let rest = "";
  return (bytes) => {
    const all = rest + bytes.toString("latin1");
    let end = 0;
    for (const found of all.matchAll(idPattern)) {
      end = found.index + found[0].length;
      onId(found[1] ?? "");
    }
    rest = all.slice(Math.max(end, all.length - 40));
  };
}

async function ask(session: RivalSession, request: string, wanted: RegExp): Promise<void> {
  let received = "";
  const answer = new Promise<void>((resolve, reject) => {
    session.onBytes = (bytes) => {
      received += bytes.toString("latin1");
      if (wanted.test(received)) resolve();
      else if (/<failure|<stream:error/.test(received)) {
        reject(new LabError("ERR_CONNECTION", `the XMPP server refused: ${received.slice(0, 200)}`));
      }
    };
  });
  session.write(request);
  await session.whether(answer);
}

/** Who waits for the acknowledgement of which packet, by connection. */
const acknowledgements = new WeakMap<RivalSession, Map<number, () => void>>();

export const mqtt: RivalProtocol = {
  async register() {
    // Its accounts are in a file.
  },
  async signIn(session, name) {
    const answer = packet(session, packetTypes.connack);
    session.write(connectPacket(name, siegeAccount));
    await answer;
    // From here on several messages may wait for their acknowledgements at once, each by its packet id.
    const waiting = new Map<number, () => void>();
    acknowledgements.set(session, waiting);
    session.onBytes = packets((type, all, start) => {
      if (type === packetTypes.puback) waiting.get(all.readUInt16BE(start))?.();
    });
  },
  async listen(session, recipient, onId) {
    const answer = packet(session, packetTypes.suback);
    session.write(subscribePacket(`to/${recipient}`));
    await answer;
    session.onBytes = packets((type, all, start, end) => {
      if (type !== packetTypes.publish) return;
      const idAt = start + 2 + all.readUInt16BE(start);
      session.write(Buffer.from([0x40, 2, all[idAt] ?? 0, all[idAt + 1] ?? 0]));
      for (const found of all.toString("latin1", idAt, end).matchAll(idPattern)) onId(found[1] ?? "");
    });
  },
  async send(session, recipient, id) {
    const { bytes, idAt } = publishTemplate(`to/${recipient}`, Buffer.from(bodyOf(id)));
    const packetId = 1 + (Number.parseInt(id.slice(0, 4), 16) % 65_535);
    bytes.writeUInt16BE(packetId, idAt);
    const acknowledged = new Promise<void>((resolve) => acknowledgements.get(session)?.set(packetId, resolve));
    session.write(bytes);
    await session.whether(acknowledged);
    acknowledgements.get(session)?.delete(packetId);
  },
};

function packet(session: RivalSession, wanted: number): Promise<void> {
  const answer = new Promise<void>((resolve, reject) => {
    session.onBytes = packets((type, all, start) => {
      if (type !== wanted) return;
      if (type === packetTypes.connack && all[start + 1] !== 0) {
        reject(new LabError("ERR_CONNECTION", `the broker refused with ${all[start + 1]}`));
      } else resolve();
    });
  });
  return session.whether(answer);
}

function packets(onPacket: (type: number, all: Buffer, start: number, end: number) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    const all = Buffer.concat([rest, bytes]);
    let at = 0;
    for (let found = packetAt(all, at, all.length); found !== undefined; found = packetAt(all, at, all.length)) {
      at = found.end;
      onPacket(found.type, all, found.start, found.end);
    }
    rest = all.subarray(at);
  };
}
