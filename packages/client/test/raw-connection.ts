/** A connection that speaks the protocol and knows nothing of clients: what a hostile program would use. */
import {
  decodeReceived,
  decodeReply,
  encodeRequest,
  type OperationName,
  protocolVersion,
  type ReplyOf,
  type RequestOf,
} from "@rempart/protocol";
import type { Service } from "@rempart/server";

export interface RawConnection {
  request<N extends OperationName>(name: N, body: RequestOf<N>): Promise<ReplyOf<N>>;
}

/** Says hello; writing to a log needs no more than its capability. */
export async function connectTo(service: Service): Promise<RawConnection> {
  const waiting = new Map<number, { resolve: (body: Uint8Array) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  const inbound = service.connect(
    {
      bufferedBytes: 0,
      send(frame) {
        const received = decodeReceived(frame);
        if (received.kind === "push") return;
        const entry = waiting.get(received.requestId);
        if (received.kind === "error") entry?.reject(received.error);
        else entry?.resolve(received.body);
      },
      close: () => undefined,
    },
    { hosts: [] },
  );
  const connection: RawConnection = {
    async request(name, body) {
      const id = ++lastId;
      const reply = await new Promise<Uint8Array>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        inbound.receive(encodeRequest(name, id, body));
      });
      return decodeReply(name, reply);
    },
  };
  await connection.request("hello", { version: protocolVersion, agent: "raw" });
  return connection;
}
