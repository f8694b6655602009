/**
 * What it costs the gate to refuse a proof, without the connection that brings it: the server's own gate, verifier and
 * keys, in a process of its own on the server's core. Prints microseconds of CPU for each kind, as JSON.
 */

import { join } from "node:path";
import { Gate, nodeClock, nodeCrypto, nodeEntropy, sourceOf } from "@rempart/gate";
import { encode, gateLimits, proofCodec, ticketBytes } from "@rempart/protocol";
import { openTokenOffice, SqliteStore, systemClock } from "@rempart/server";
import { Random } from "../../random.ts";
import { hostileSource } from "../sources.ts";
import { LabIssuer } from "../subject/issuer.ts";

const proofsOfEachKind = 4_000;
const warmUp = 500;
const unlimited = 1e9;

const dataDir = process.argv[2] ?? ".";
const issuer = await LabIssuer.install(dataDir);
const store = await SqliteStore.open({ file: join(dataDir, "rempart.sqlite") });
const office = await openTokenOffice({
  store,
  clock: systemClock,
  isQuiet: () => false,
  report: (error) => console.error(error),
});
const random = new Random(7);
const host = "127.0.0.1:443";
const ports = {
  clock: nodeClock,
  entropy: nodeEntropy,
  crypto: nodeCrypto,
  tokens: office.verifier,
  spent: office.spent,
};
const limits = {
  acceptPerSecond: unlimited,
  acceptPerPrefixPerSecondNormal: unlimited,
  acceptPerPrefixPerSecondGuarded: unlimited,
  acceptPerPrefixPerSecondSiege: unlimited,
  unadmittedMax: unlimited,
  invalidProofsMax: unlimited,
};
const gate = new Gate(ports, { secret: random.bytes(32), hosts: () => [host], limits });
const [token = new Uint8Array(0)] = issuer.tokens(1);
const seed = await seedOf();

const kinds: Record<string, () => Uint8Array> = {
  ticket: () => encode(proofCodec, { kind: "ticket", ticket: ticketLike() }),
  token: () => encode(proofCodec, { kind: "token", token: damaged(token) }),
  work: () =>
    encode(proofCodec, {
      kind: "work",
      seed,
      effort: gateLimits.effortMax,
      nonce: random.bytes(16),
      solution: random.bytes(8),
    }),
  junk: () => random.bytes(random.between(1, 300)),
};
const costs: Record<string, number> = {};
for (const [kind, make] of Object.entries(kinds)) costs[kind] = await costOf(make);
await office.close();
await store.close();
console.log(JSON.stringify(costs));

/** A ticket of a key that may be in force, sealed by nobody. */
function ticketLike(): Uint8Array {
  const ticket = random.bytes(ticketBytes);
  ticket[0] = Math.floor(Date.now() / 86_400_000) % 256;
  return ticket;
}

/** A real token but for one bit: everything is looked at before it is refused. */
function damaged(real: Uint8Array): Uint8Array {
  const copy = real.slice();
  const at = copy.length - 1 - random.between(0, 100);
  copy[at] = (copy[at] ?? 0) ^ (1 << random.between(0, 7));
  return copy;
}

/** The seed in force, as a newcomer hears it. */
async function seedOf(): Promise<Uint8Array> {
  const bytes = encode(proofCodec, {
    kind: "work",
    seed: new Uint8Array(16),
    effort: 1,
    nonce: new Uint8Array(16),
    solution: new Uint8Array(8),
  });
  const verdict = await refuse(bytes);
  return verdict.kind === "refused" && verdict.puzzle !== undefined ? verdict.puzzle.seed.slice() : new Uint8Array(16);
}

async function refuse(proof: Uint8Array) {
  const visit = gate.arrive(sourceOf(hostileSource(random), () => 0));
  if (typeof visit === "string") throw new Error(`the gate does not even listen: ${visit}`);
  visit.enter("proof");
  return visit.prove(proof, { hosts: [host] });
}

async function costOf(make: () => Uint8Array): Promise<number> {
  const proofs = Array.from({ length: proofsOfEachKind }, make);
  for (const proof of proofs.slice(0, warmUp)) await refuse(proof);
  const before = process.cpuUsage();
  for (const proof of proofs) {
    const verdict = await refuse(proof);
    if (verdict.kind === "admitted") throw new Error("an invalid proof was taken");
  }
  const { user, system } = process.cpuUsage(before);
  return Math.round((10 * (user + system)) / proofsOfEachKind) / 10;
}
