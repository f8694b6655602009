/** Tokens from end to end: a real server behind its gate, a client that fetches them, and a newcomer who brings some. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decode, gateLimits, type Proof, proofCodec, type Verdict, verdictCodec } from "@rempart/protocol";
import { type RunningServer, startServer } from "@rempart/server";
import { formatLink, parseLink } from "@rempart/session";
import { nodeProvider } from "@rempart/session/provider/node";
import { type Client, createClient } from "../src/client.ts";
import { clientLimits } from "../src/limits.ts";
import { openSqliteStore, webTokenBlinder, wsNetwork } from "../src/platform/node/index.ts";
import type { Clock, Network, Store } from "../src/ports.ts";
import { eventually } from "./world.ts";

const crypto = nodeProvider();
let server: RunningServer;
let ada: Device;
const clients: Client[] = [];

before(async () => {
  const dataDir = join(tmpdir(), `rempart-tokens-${randomUUID()}`);
  server = await startServer({ dataDir, memory: true, listen: { host: "127.0.0.1", port: 0 } });
  ada = await newDevice();
  const inviteSecret = server.firstInvite ?? assert.fail();
  const invite = await formatLink(crypto, { kind: "invitation", origin: server.url, inviteSecret });
  await ada.client.createAccount({ invite, name: "Ada" });
});

after(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await server.stop();
});

/** Real time, but the minute between two looks for tokens passes in a second. */
const hastyClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const isLook = delayMs > clientLimits.requestTimeoutMs && delayMs <= clientLimits.tokensLookMs;
    const timer = setTimeout(callback, isLook ? delayMs / 60 : delayMs);
    return () => clearTimeout(timer);
  },
};

interface Device {
  readonly client: Client;
  readonly store: Store;
  readonly watchers: Set<() => void>;
  /** What it showed at the gate, and what the gate said, link by link. */
  readonly visits: { readonly proof: Proof; verdict?: Verdict }[];
  /** Cuts its links. */
  cut(): void;
}

async function newDevice(): Promise<Device> {
  const watchers = new Set<() => void>();
  const store = openWatched(watchers);
  const visits: Device["visits"] = [];
  const cuts = new Set<() => void>();
  const client = await createClient({
    store,
    network: watched(visits, cuts),
    clock: hastyClock,
    crypto,
    blinder: webTokenBlinder(),
    defect: (error) => assert.fail(String(error)),
  });
  clients.push(client);
  const cut = () => {
    for (const each of cuts) each();
  };
  return { client, store, watchers, visits, cut };
}

function watched(visits: Device["visits"], cuts: Set<() => void>): Network {
  return {
    connect(origin, handlers) {
      let visit: Device["visits"][number] | undefined;
      const frame = (bytes: Uint8Array) => {
        if (visit !== undefined) visit.verdict ??= decode(verdictCodec, bytes);
        handlers.frame(bytes);
      };
      const link = wsNetwork.connect(origin, { ...handlers, frame });
      const send = (bytes: Uint8Array) => {
        if (visit === undefined) {
          visit = { proof: decode(proofCodec, bytes) };
          visits.push(visit);
        }
        link.send(bytes);
      };
      cuts.add(() => {
        link.close();
        handlers.closed({ code: 1006 });
      });
      return { send, bufferedBytes: () => link.bufferedBytes(), close: () => link.close() };
    },
  };
}

function tokenCount({ store }: Device): number {
  return Number(store.all("SELECT count(*) AS count FROM tokens")[0]?.count);
}

/** Nothing that a client tells anybody changes with its tokens: looked at after every transaction. */
function untilTokens(device: Device, wanted: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (tokenCount(device) !== wanted) return;
      device.watchers.delete(look);
      resolve();
    };
    device.watchers.add(look);
    look();
  });
}

/** A store that tells its watchers of every transaction. */
function openWatched(watchers: Set<() => void>): Store {
  const store = openSqliteStore(":memory:");
  return {
    run: (sql, ...values) => store.run(sql, ...values),
    all: (sql, ...values) => store.all(sql, ...values),
    close: () => store.close(),
    transaction(work) {
      const value = store.transaction(work);
      for (const look of [...watchers]) look();
      return value;
    },
  };
}

function tokenOf(visit: Device["visits"][number] | undefined): Uint8Array | undefined {
  return visit?.proof.kind === "token" ? visit.proof.token : undefined;
}

test("[GT30] a new member has a day's tokens soon after", async () => {
  assert.equal(ada.visits[0]?.proof.kind, "none");
  await untilTokens(ada, gateLimits.tokensPerDay);
});

test("[GT35] a member gives a token to a friend, and it lets the friend in, once", async () => {
  const { invite } = await ada.client.createInvite({ uses: 2, expiresInMs: 3_600_000 });
  const link = await parseLink(crypto, invite);
  assert.ok(link.kind === "invitation" && link.tokens?.length === gateLimits.tokensPerInviteMax);
  assert.equal(tokenCount(ada), gateLimits.tokensPerDay - gateLimits.tokensPerInviteMax);

  const bob = await newDevice();
  await bob.client.createAccount({ invite, name: "Bob" });
  const [visit] = bob.visits;
  assert.deepEqual(tokenOf(visit), link.tokens[0]?.token);
  assert.equal(visit?.verdict?.kind, "admitted");
  await eventually(bob.client, async () => (await bob.client.contacts()).length === 1);

  const cleo = await newDevice();
  await cleo.client.createAccount({ invite, name: "Cleo" });
  const [refused, admitted] = cleo.visits;
  assert.deepEqual([tokenOf(refused), tokenOf(admitted)], [link.tokens[0]?.token, undefined]);
  assert.equal(refused?.verdict?.kind, "refused", "what Bob has shown lets nobody else in");
  assert.equal(admitted?.verdict?.kind, "admitted");
});

test("[GT35] an invitation that could not be made gives its tokens back", async () => {
  const count = tokenCount(ada);
  const request = { uses: 1, expiresInMs: 3_600_000, role: "member" } as const;
  ada.cut();
  await assert.rejects(ada.client.createInvite(request), { code: "ERR_OFFLINE" });
  assert.equal(tokenCount(ada), count);
  assert.equal((await ada.client.invites()).length, 1);
});
