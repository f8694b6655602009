import { within } from "../deadline.ts";
import { LabError } from "../lab-error.ts";
import { ByteSocket } from "../wire/byte-socket.ts";
import { authStanza, bindStanza, registrationStanza, streamHeader } from "./xmpp-stanzas.ts";

export const xmppDomain = "localhost";
const password = "lab";
const answerMsMax = 60_000;

const streamStart = streamHeader(xmppDomain);

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
    await client.#ask(registrationStanza({ user, password }), "id='register'");
    await client.#ask(authStanza({ user, password }), "<success");
    await client.#ask(streamStart, "</stream:features>");
    await client.#ask(bindStanza("lab"), "id='bind'");
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
