import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type RunningServer, startServer } from "@rempart/server";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "../../process/temporary-directory.ts";
import { Random } from "../../random.ts";
import { LabClient, newAccount, newLog } from "../../wire/lab-client.ts";
import { type AttackName, attackNames } from "../attacks.ts";
import { makeCertificate } from "../subject/certificate.ts";
import { LabIssuer } from "../subject/issuer.ts";
import type { Target } from "../target.ts";
import { assaultOf } from "./assaults.ts";
import { Field, type Supplies } from "./field.ts";
import { RempartDialect } from "./rempart-dialect.ts";
import { newTally, type Tally } from "./tally.ts";

const attempts = 40;
const waitMsMax = 15_000;

/** What must have been seen of each attack, by the attackers' own books. */
const expected: Record<AttackName, (tally: Tally) => boolean> = {
  silent: ({ connected, held, bytesSent }) => connected === attempts && held > 0 && bytesSent === 0,
  churn: ({ connected, left }) => connected === attempts && left === attempts,
  slow: ({ handshakes, bytesSent, held }) => handshakes > 0 && bytesSent > 0 && held > 0,
  handshakes: ({ handshakes, left }) => handshakes === attempts && left === attempts,
  junk: ({ bytesSent, reset, ended }) => bytesSent > 0 && reset + ended > 0,
  upgrades: ({ opened, website }) => opened > 0 && website > 0,
  proofs: ({ refused, admitted }) => refused > 0 && admitted === 0,
  work: ({ refused, admitted, reused }) => admitted + refused > 0 && reused === 0,
  effort: ({ refused }) => refused > 0,
  replays: ({ refused, admitted, reused }) => admitted > 0 && refused > 0 && reused === 0,
  pings: ({ requests, bytesSent }) => requests > 0 && bytesSent > 0,
  bombs: ({ requests, reset, ended }) => requests > 0 && reset + ended > 0,
  readers: ({ requests, held }) => requests > 0 && held > 0,
  member: ({ requests, answered }) => requests === attempts && answered > 0,
  pulses: ({ connected, handshakes }) => connected > 0 && handshakes > 0,
};

let directory = "";
let dataDir = "";
let certificate: { readonly cert: string; readonly key: string };
let supplies: Supplies;

before(async () => {
  directory = await makeTemporaryDirectory();
  certificate = makeCertificate(directory);
  dataDir = join(directory, "data");
  const issuer = await LabIssuer.install(dataDir);
  const log = newLog();
  await prepare(log);
  supplies = { tokens: issuer.tokens(600), log };
});

after(async () => {
  await removeTemporaryDirectory(directory);
});

/** Makes the attackers' log, over plain text, which the lab's small client speaks. */
async function prepare(log: ReturnType<typeof newLog>): Promise<void> {
  const server = await startServer({ dataDir, listen: { host: "127.0.0.1", port: 0 } });
  const client = await LabClient.open({ host: "127.0.0.1", port: server.port });
  assert.ok(server.firstInvite !== undefined);
  await client.register(newAccount(), server.firstInvite);
  await client.createLog(log);
  client.close();
  await server.stop();
}

async function until(isSo: () => boolean, tend: () => void): Promise<void> {
  const givesUpAt = performance.now() + waitMsMax;
  while (!isSo() && performance.now() < givesUpAt) {
    tend();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

for (const [index, name] of attackNames.entries()) {
  test(`${name} does what it says, and ends`, async () => {
    // A new gate each time: the one before may still be under siege.
    const server = await startServer({ dataDir, listen: { host: "127.0.0.1", port: 0 }, certificate });
    try {
      await attackOnce(server, name, index);
    } finally {
      await server.stop();
    }
  });
}

async function attackOnce(server: RunningServer, name: AttackName, index: number): Promise<void> {
  const tally = newTally();
  const target: Target = { host: "127.0.0.1", port: server.port, isTls: true };
  // Tokens are good once: every attack has its own.
  const own = { ...supplies, tokens: supplies.tokens.slice(attempts * index, attempts * (index + 1)) };
  const dialect = new RempartDialect(`${target.host}:${target.port}`, own);
  const field = new Field({ target, tally, random: new Random(index + 1), dialect, supplies: own });
  const assault = assaultOf(name, field);
  await assault.prepare?.();
  Object.assign(tally, newTally(), { held: tally.held });
  for (let i = 0; i < attempts; i++) assault.attempt();
  await until(
    () => expected[name](tally),
    () => assault.tend?.(),
  );
  assert.ok(expected[name](tally), JSON.stringify(tally));
  assault.stop();
  await until(
    () => tally.held === 0,
    () => undefined,
  );
  assert.equal(tally.held, 0, "nothing is held after the end");
}
