/** Views for tests that need no client, and a client that answers from tables. */
import { PassThrough } from "node:stream";
import type { ChatView, ClientApi, ContactView, MessageView } from "@rempart/client";
import type { World } from "../src/command.ts";
import { runCli } from "../src/run.ts";

export const idOf = (n: number): string => n.toString(16).padStart(2, "0").repeat(16);

export function chatView(n: number, title: string): ChatView {
  return { chat: idOf(n), kind: "group", title, unread: n, at: n, isActive: true, postQuantum: true, draft: "" };
}

export function messageView(n: number, change: Partial<MessageView> = {}): MessageView {
  return {
    message: idOf(n),
    chat: idOf(1),
    seq: n,
    from: idOf(200),
    name: "Bo",
    isOwn: false,
    text: `text ${n}`,
    at: n * 60_000,
    state: "sent",
    isDeleted: false,
    reactions: [],
    order: n,
    ...change,
  };
}

export interface FakeState {
  readonly chats: readonly ChatView[];
  readonly contacts: readonly ContactView[];
  readonly messages: readonly MessageView[];
  readonly hasAccount?: boolean;
}

/** Answers questions from `state`, and fails at everything else. */
export function fakeClient(state: FakeState): ClientApi {
  const account = {
    account: idOf(9),
    device: idOf(8),
    name: "Ann",
    role: "admin",
    server: "http://x",
    recoveryConfirmed: false,
  } as const;
  const api: Partial<ClientApi> = {
    account: async () => (state.hasAccount === false ? null : account),
    chats: async () => state.chats,
    contacts: async () => state.contacts,
    connection: async () => ({ state: "online" }),
    whenSynced: async () => undefined,
    subscribe: () => () => undefined,
    messages: async ({ chat, before = Number.POSITIVE_INFINITY, limit }) =>
      state.messages.filter((message) => message.chat === chat && message.order < before).slice(-limit),
  };
  return api as ClientApi;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as lines of JSON. */
  lines(): readonly Record<string, unknown>[];
}

/** Runs a command line against a client that is there already. */
export async function runWith(client: ClientApi, ...argv: readonly string[]): Promise<Ran> {
  const [stdout, stderr] = [collector(), collector()];
  const world = {
    env: {},
    stdin: new PassThrough().end(),
    stdout: stdout.stream,
    stderr: stderr.stream,
    stop: new AbortController().signal,
    now: () => 0,
    openHome: async () => ({ client, isLeader: () => true, watch: () => undefined, close: async () => undefined }),
  } as unknown as World;
  const code = await runCli(argv, world);
  const lines = () =>
    stdout
      .text()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  return { code, stdout: stdout.text(), stderr: stderr.text(), lines };
}

function collector() {
  let text = "";
  const write = (piece: string) => {
    text += piece;
  };
  return { stream: { write }, text: () => text };
}
