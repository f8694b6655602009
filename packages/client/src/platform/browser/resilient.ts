/** A client that outlives the engine it talks to: leaders come and go, the page keeps one object. */
import type { ClientApi, ClientEvent } from "../../api.ts";
import { ClientError } from "../../errors.ts";
import { connectClient, type RemoteClient } from "../../remote/index.ts";
import { type Method, methodNames } from "../../remote/methods.ts";
import type { ReceiptChannel } from "./channels.ts";

/**
 * Calls whose repetition would do something twice. When an engine goes after it got one of them and before it
 * answered, the call fails with `ERR_CLOSED`. All others, and what had not arrived, are asked of the next one.
 */
const unrepeatable: ReadonlySet<Method> = new Set<Method>(["createAccount", "createInvite", "createGroup", "send"]);

interface Attached {
  readonly remote: RemoteClient;
  readonly channel: ReceiptChannel;
}

export class ResilientClient {
  readonly api: ClientApi;
  readonly #listeners = new Set<(event: ClientEvent) => void>();
  readonly #attachedListeners = new Set<() => void>();
  #attached: Attached | undefined;
  #waiting: ((attached: Attached) => void)[] = [];

  constructor() {
    const calls = Object.fromEntries(methodNames.map((name) => [name, (arg: unknown) => this.#call(name, arg)]));
    this.api = {
      ...(calls as unknown as Omit<ClientApi, "subscribe">),
      subscribe: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  /** Calls `listener` whenever another engine answers from now on: everything shown should be asked again. */
  onAttached(listener: () => void): void {
    this.#attachedListeners.add(listener);
  }

  attach(channel: ReceiptChannel): void {
    this.detach();
    const remote = connectClient(channel);
    const attached = { remote, channel };
    this.#attached = attached;
    remote.subscribe((event) => {
      for (const listener of [...this.#listeners]) listener(event);
    });
    for (const resolve of this.#waiting.splice(0)) resolve(attached);
    for (const listener of this.#attachedListeners) listener();
  }

  /** Calls made from now on wait for the next {@link attach}. */
  detach(): void {
    const attached = this.#attached;
    this.#attached = undefined;
    attached?.remote.close();
  }

  async #call(method: Method, arg: unknown): Promise<unknown> {
    for (;;) {
      const attached = this.#attached ?? (await new Promise<Attached>((resolve) => this.#waiting.push(resolve)));
      const { remote, channel } = attached;
      // A call is sent before its promise is returned, so this is its number.
      const answer = (remote[method] as (arg: unknown) => Promise<unknown>)(arg);
      const number = channel.sentCount;
      try {
        return await answer;
      } catch (error) {
        const hasGone = error instanceof ClientError && error.code === "ERR_CLOSED" && attached !== this.#attached;
        if (!hasGone || (unrepeatable.has(method) && channel.hasArrived(number))) throw error;
      }
    }
  }
}
