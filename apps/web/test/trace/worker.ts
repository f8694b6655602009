/** The engine's worker with its ports wrapped: every packet, transaction and frame leaves a mark. */
import { createClient } from "@rempart/client";
import {
  browserClock,
  browserNetwork,
  type HostScope,
  hostEngine,
  openBrowserStore,
} from "@rempart/client/platform/browser";
import { webProvider } from "@rempart/session/provider/web";
import type { Network, Store } from "../../../../packages/client/src/ports.ts";
import { type Mark, nameOf, traceChannel } from "./marks.ts";

const marks: Mark[] = [];
const mark = (what: string) => void marks.push({ what, at: performance.timeOrigin + performance.now() });

function answerQuestions(): void {
  const channel = new BroadcastChannel(traceChannel);
  channel.onmessage = ({ data }) => {
    if (data === "collect") channel.postMessage(marks.splice(0));
  };
}

/** Ports are made by the page, so they are watched where all of them come from. */
function watchPorts(): void {
  const { prototype } = MessagePort;
  const { postMessage } = prototype;
  prototype.postMessage = function (this: MessagePort, packet: unknown) {
    mark(`tell ${nameOf(packet)}`);
    postMessage.call(this, packet);
  };
  const onmessage = Object.getOwnPropertyDescriptor(prototype, "onmessage");
  Object.defineProperty(prototype, "onmessage", {
    ...onmessage,
    set(this: MessagePort, listener: (event: MessageEvent) => void) {
      onmessage?.set?.call(this, (event: MessageEvent) => {
        mark(`hear ${nameOf(event.data)}`);
        listener(event);
      });
    },
  });
}

const network: Network = {
  connect(origin, handlers) {
    const link = browserNetwork.connect(origin, {
      opened: () => handlers.opened(),
      frame(bytes) {
        mark(`frame in ${bytes.length}`);
        handlers.frame(bytes);
      },
      closed: (reason) => handlers.closed(reason),
    });
    return {
      send(frame) {
        mark(`frame out ${frame.length}`);
        link.send(frame);
      },
      bufferedBytes: () => link.bufferedBytes(),
      close: () => link.close(),
    };
  },
};

function watched(store: Store): Store {
  return {
    run: (...query) => store.run(...query),
    all: (...query) => store.all(...query),
    transaction(work) {
      mark("transaction begins");
      const result = store.transaction(() => {
        const value = work();
        mark("transaction commits");
        return value;
      });
      mark("transaction durable");
      return result;
    },
    close: () => store.close(),
  };
}

answerQuestions();
watchPorts();
hostEngine(self as unknown as HostScope, async () => {
  const [store, crypto] = await Promise.all([openBrowserStore({ directory: "/rempart" }), webProvider()]);
  return createClient({
    store: watched(store),
    network,
    clock: browserClock,
    crypto,
    agent: "rempart-trace",
    defect: (error) => console.error(error),
  });
});
