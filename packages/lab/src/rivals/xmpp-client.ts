import { within } from "../deadline.ts";
import { LabError } from "../lab-error.ts";
import { ByteSocket } from "../wire/byte-socket.ts";

export const xmppDomain = "localhost";
const password = "lab";
const answerMsMax = 60_000;

const streamStart = `<stream:stream to='${xmppDomain}' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`;

/** A session with an XMPP server: in-band registration (XEP-0077), SASL PLAIN, one resource, no TLS. */
export class XmppClient {
  readonly socket: ByteSocket;

  private constructor(socket: ByteSocket) {
    this.socket = socket;
  }

  /** Registers `user` and signs in. Throws `ERR_BENCH` when the server refuses. */
  static async open(port: number, user: string): Promise<XmppClient> {
    const client = new XmppClient(await ByteSocket.open({ host: "127.0.0.1", port }));
    await client.#ask(streamStart, "</stream:features>");
    const registration = `<query xmlns='jabber:iq:register'><username>${user}</username><password>${password}</password></query>`;
    await client.#ask(`<iq type='set' id='register'>${registration}</iq>`, "id='register'");
    const secret = Buffer.from(`\0${user}\0${password}`).toString("base64");
    await client.#ask(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${secret}</auth>`, "<success");
    await client.#ask(streamStart, "</stream:features>");
    const bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>lab</resource></bind>";
    await client.#ask(`<iq type='set' id='bind'>${bind}</iq>`, "id='bind'");
    return client;
  }

  /** Sends, then waits until what has come back since contains `wanted`. */
  async #ask(request: string, wanted: string): Promise<void> {
    let received = "";
    const answer = new Promise<void>((resolve, reject) => {
      this.socket.onClose = reject;
      this.socket.onBytes = (bytes, end) => {
        received += bytes.toString("utf8", 0, end);
        if (/type='error'|<failure|<stream:error/.test(received)) {
          reject(new LabError("ERR_BENCH", `the XMPP server refused: ${received.slice(0, 300)}`));
        } else if (received.includes(wanted)) resolve();
        return end;
      };
    });
    this.socket.write(request);
    await within(answerMsMax, "an answer of the XMPP server", answer);
  }
}
