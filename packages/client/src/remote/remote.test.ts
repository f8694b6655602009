import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientApi, ClientEvent } from "../api.ts";
import { ClientError } from "../errors.ts";
import type { Channel } from "./channel.ts";
import { connectClient } from "./connect.ts";
import { decodeJson, encodeJson, jsonChannel, type TextPort } from "./json.ts";
import { channelPair } from "./pair.ts";
import { serveClient } from "./serve.ts";

/** A client that answers just what these tests ask. */
function fakeClient() {
  const listeners = new Set<(event: ClientEvent) => void>();
  const api: Partial<ClientApi> = {
    account: async () => null,
    file: async (message) => ({ name: message, type: "text/plain", bytes: Uint8Array.of(0, 1, 255) }),
    rename: async () => {
      throw new ClientError("ERR_OFFLINE", "there is no connection");
    },
    whenSynced: () => new Promise(() => undefined),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const emit = (event: ClientEvent) => {
    for (const listener of listeners) listener(event);
  };
  return { api: api as ClientApi, emit, listeners };
}

/** Two text ports joined together; text is cut into pieces of `size` characters on its way. */
function textPair(size: number): [TextPort, TextPort] {
  const ends = [0, 1].map(() => ({
    onText: (_: string) => undefined as undefined | undefined,
    onClose: () => undefined as undefined | undefined,
  }));
  const port = (own: number, other: number): TextPort => ({
    write(text) {
      for (let at = 0; at < text.length; at += size) {
        const piece = text.slice(at, at + size);
        queueMicrotask(() => ends[other]?.onText(piece));
      }
    },
    onText: (listener) => Object.assign(ends[own] ?? {}, { onText: listener }),
    onClose: (listener) => Object.assign(ends[own] ?? {}, { onClose: listener }),
    close: () => queueMicrotask(() => ends[other]?.onClose()),
  });
  return [port(0, 1), port(1, 0)];
}

const kinds: readonly [string, () => readonly [Channel, Channel]][] = [
  ["cloned messages", () => channelPair()],
  [
    "lines of JSON",
    () => {
      const [a, b] = textPair(7);
      return [jsonChannel(a), jsonChannel(b)];
    },
  ],
];

for (const [name, makePair] of kinds) {
  test(`calls, bytes and coded errors cross ${name}`, async () => {
    const [near, far] = makePair();
    const { api } = fakeClient();
    serveClient(api, far);
    const remote = connectClient(near);
    assert.equal(await remote.account(), null);
    assert.deepEqual(await remote.file("m"), { name: "m", type: "text/plain", bytes: Uint8Array.of(0, 1, 255) });
    await assert.rejects(remote.rename("x"), { name: "ClientError", code: "ERR_OFFLINE" });
  });

  test(`events cross ${name} while somebody listens`, async () => {
    const [near, far] = makePair();
    const { api, emit, listeners } = fakeClient();
    serveClient(api, far);
    const remote = connectClient(near);
    const seen: ClientEvent[] = [];
    const stop = remote.subscribe((event) => seen.push(event));
    await remote.account();
    emit({ event: "chats" });
    await remote.account();
    assert.deepEqual(seen, [{ event: "chats" }]);
    stop();
    await remote.account();
    assert.equal(listeners.size, 0);
  });

  test(`closing fails the calls in flight over ${name}`, async () => {
    const [near, far] = makePair();
    const served = serveClient(fakeClient().api, far);
    const remote = connectClient(near);
    const waiting = remote.whenSynced();
    served.close();
    await assert.rejects(waiting, { code: "ERR_CLOSED" });
    await assert.rejects(remote.account(), { code: "ERR_CLOSED" });
  });
}

test("a call that the client does not know is refused, junk is ignored", async () => {
  const [near, far] = channelPair();
  serveClient(fakeClient().api, far);
  const answers: unknown[] = [];
  const answered = new Promise<void>((resolve) => {
    near.onMessage((message) => {
      answers.push(message);
      resolve();
    });
  });
  near.send("junk");
  near.send({ type: "call", id: 1, method: "constructor" });
  await answered;
  assert.deepEqual(answers, [
    { type: "failure", id: 1, code: "ERR_UNKNOWN_OPERATION", message: "this client does not know that call" },
  ]);
});

test("a line that is no JSON closes the channel", async () => {
  const [raw, port] = textPair(1_000);
  const closed = new Promise<void>((resolve) => jsonChannel(port).onClose(resolve));
  raw.write("{nonsense\n");
  await closed;
});

test("large bytes survive the JSON codec", () => {
  const bytes = Uint8Array.from({ length: 100_003 }, (_, i) => (i * 7) % 256);
  assert.deepEqual(decodeJson(encodeJson({ bytes })), { bytes });
});
