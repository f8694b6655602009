/**
 * The group of an account's own devices, when it cannot go on: every device that was in it has lost its state. Its
 * next generation is founded then, and the other devices are let in one by one as they ask.
 */
import { fromHex, sameBytes, toHex } from "@rempart/protocol";
import { createGroup, selfGroupLogId, selfPolicy, verifyKeyPackage } from "@rempart/session";
import { claimKeyPackages } from "../contacts/reach.ts";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { asClientError } from "../errors.ts";
import { clientLimits } from "../limits.ts";

/** Which generation of the self group a log is; `undefined` when it is none. */
export async function generationOf(engine: Engine, log: string): Promise<number | undefined> {
  const id = fromHex(log);
  for (let generation = 0; generation < clientLimits.selfGroupsMax; generation++) {
    if (sameBytes(id, await selfGroupLogId(engine.crypto, engine.own().keys, generation))) return generation;
  }
  return undefined;
}

/** Whether a log is a self group, and of a later generation than the one that this device knows, if any. */
export async function isNewerSelfGroup(engine: Engine, log: string): Promise<boolean> {
  const known = engine.tables.meta.get("selfGroup");
  const generation = await generationOf(engine, log);
  if (generation === undefined) return false;
  return known === undefined || generation > ((await generationOf(engine, known)) ?? -1);
}

/** This device's self group is another one from now on. Call it in a transaction. */
export function moveSelfGroup(engine: Engine, log: string, changes: Changes): void {
  const old = engine.tables.meta.get("selfGroup");
  engine.tables.meta.set("selfGroup", log);
  if (old === undefined || old === log) return;
  engine.leaving.hasLeft(old, changes);
  engine.after(0, () => engine.leaving.hasGone(old));
}

/** The other devices of this account that can be added to groups, hexadecimal, as the server knows them. */
export async function publishedSiblings(engine: Engine): Promise<readonly string[]> {
  const own = toHex(engine.own().device.deviceId);
  const devices = new Set<string>();
  for (const suite of engine.suites) {
    for (const device of await devicesWith(engine, suite)) if (device !== own) devices.add(device);
  }
  return [...devices];
}

async function devicesWith(engine: Engine, suite: Engine["suites"][number]): Promise<readonly string[]> {
  try {
    const { keyPackages } = await claimKeyPackages(engine, engine.own().card, suite);
    const verified = keyPackages.map((bytes) => verifyKeyPackage(engine.crypto, bytes));
    return (await Promise.all(verified)).map(({ deviceId }) => toHex(deviceId));
  } catch (error) {
    if (asClientError(error).code === "ERR_NO_KEY_PACKAGE") return [];
    throw error;
  }
}

/** Founds the generation after `old`, durably on this device; its log follows. Call it in the lane of `old`. */
export async function refound(engine: Engine, old: string): Promise<void> {
  const { crypto, tables, groups, leaving } = engine;
  const { keys, device } = engine.own();
  const generation = ((await generationOf(engine, old)) ?? 0) + 1;
  const groupId = await selfGroupLogId(crypto, keys, generation);
  const suite = engine.suites[0] ?? "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
  const made = await createGroup(crypto, { device, groupId, suite, policy: selfPolicy(keys.accountId) });
  const log = toHex(groupId);
  engine.write(
    (changes) => {
      leaving.hasLeft(old, changes);
      groups.addLog(log, made.group);
      tables.groups.write(log, [made.write]);
      tables.meta.set("selfGroup", log);
    },
    () => {
      leaving.hasGone(old);
      engine.groupCache.set(log, made.group);
    },
  );
  groups.create(log);
}
