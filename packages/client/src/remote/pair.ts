/** Two channels joined to each other within one program; what is sent is cloned, as a real one would. */
import type { Channel } from "./channel.ts";

/** The two ends of one channel. Messages are delivered in a microtask of their own. */
export function channelPair(): readonly [Channel, Channel] {
  const left = new End();
  const right = new End();
  left.peer = right;
  right.peer = left;
  return [left, right];
}

class End implements Channel {
  peer: End | undefined;
  #listener: ((message: unknown) => void) | undefined;
  #onClosed: (() => void) | undefined;
  #early: unknown[] = [];
  #isOpen = true;

  send(message: unknown): void {
    if (!this.#isOpen) return;
    const copy: unknown = structuredClone(message);
    queueMicrotask(() => this.peer?.deliver(copy));
  }

  deliver(message: unknown): void {
    if (!this.#isOpen) return;
    if (this.#listener === undefined) this.#early.push(message);
    else this.#listener(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) listener(message);
  }

  onClose(listener: () => void): void {
    this.#onClosed = listener;
    if (!this.#isOpen) listener();
  }

  close(): void {
    this.#closed();
    const { peer } = this;
    if (peer !== undefined) queueMicrotask(() => peer.#closed());
  }

  #closed(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#onClosed?.();
  }
}
