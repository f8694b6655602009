/** The side of a channel that has the client. */
import type { ClientApi } from "../api.ts";
import { asClientError, ClientError } from "../errors.ts";
import { asRemoteMessage, type Channel, type RemoteMessage } from "./channel.ts";
import { isMethod } from "./methods.ts";

/** Calls of one channel that wait for an answer: more means a user who does not wait for answers. */
const callsInFlightMax = 4_096;

/** Answers calls and sends events over `channel` until it closes. The client itself stays open. */
export function serveClient(client: ClientApi, channel: Channel): { close(): void } {
  let unsubscribe: (() => void) | undefined;
  let isOpen = true;
  let inFlight = 0;

  const send = (message: RemoteMessage) => {
    if (isOpen) channel.send(message);
  };

  async function call(id: number, name: string, arg: unknown): Promise<void> {
    inFlight++;
    try {
      const value = await invoke(client, name, arg, inFlight > callsInFlightMax);
      send({ type: "result", id, value });
    } catch (error) {
      const { code, message } = asClientError(error);
      send({ type: "failure", id, code, message });
    } finally {
      inFlight--;
    }
  }

  function stop(): void {
    isOpen = false;
    unsubscribe?.();
    unsubscribe = undefined;
  }

  channel.onClose(stop);
  channel.onMessage((raw) => {
    const message = asRemoteMessage(raw);
    if (message === undefined) return;
    if (message.type === "call") void call(message.id, message.method, message.arg);
    else if (message.type === "subscribe") unsubscribe ??= client.subscribe((event) => send({ type: "event", event }));
    else if (message.type === "unsubscribe") {
      unsubscribe?.();
      unsubscribe = undefined;
    }
  });

  return {
    close() {
      stop();
      channel.close();
    },
  };
}

async function invoke(client: ClientApi, name: string, arg: unknown, isBusy: boolean): Promise<unknown> {
  if (isBusy) throw new ClientError("ERR_BUSY", "too many calls wait for an answer");
  if (!isMethod(name)) throw new ClientError("ERR_UNKNOWN_OPERATION", "this client does not know that call");
  const method = client[name] as (this: ClientApi, arg: unknown) => Promise<unknown>;
  return method.call(client, arg);
}
