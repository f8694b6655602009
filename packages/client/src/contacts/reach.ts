/** What has to be asked of the directory before somebody can be added to a group. */
import { isTransient, ProtocolError, sameBytes, toHex } from "@rempart/protocol";
import {
  type ContactCard,
  completeCard,
  decodeCard,
  openProfile,
  SessionError,
  type SuiteName,
  verifyKeyPackage,
} from "@rempart/session";
import { hybridFull, isRoomFor, suiteNumbers } from "../devices/suites.ts";
import type { Engine } from "../engine/engine.ts";
import { ClientError } from "../errors.ts";
import type { NewMember } from "../store/commits.ts";
import type { Reach } from "./send-welcome.ts";

/** How the account of a card is reached; remembers the card. */
export async function fetchReach(engine: Engine, card: ContactCard): Promise<Reach> {
  const { people } = engine.tables;
  const account = toHex(card.accountId);
  const known = people.get(account);
  const reach = await reachBy(engine, card);
  if (known?.card === undefined || known.sealKey === undefined) engine.write(() => people.setCard(account, card));
  return reach;
}

/** How the account of a card is reached, for this once. Fetches and checks the account's profile unless it is known. */
export async function reachBy(engine: Engine, card: ContactCard): Promise<Reach> {
  const account = toHex(card.accountId);
  const sealKey = engine.tables.people.get(account)?.sealKey ?? (await fetchSealKey(engine, card));
  return { account, ...card.contactLog, sealKey, linkSecret: card.linkSecret };
}

async function fetchSealKey(engine: Engine, card: ContactCard): Promise<Uint8Array> {
  const { accountId, claimKey } = card;
  const { bytes } = await engine.connection.request("profileGet", { accountId, claimKey });
  const sealKey = await openProfile(engine.crypto, card, bytes);
  engine.write(() => engine.tables.people.setSealKey(toHex(accountId), sealKey));
  return sealKey;
}

/**
 * How a fellow member of a group is reached, contact or not. `undefined` when no card of his is known, or the
 * known one is not good any more.
 */
export async function reachMember(engine: Engine, account: string): Promise<Reach | undefined> {
  const person = engine.tables.people.get(account);
  try {
    if (person?.card !== undefined) return await reachBy(engine, person.card);
    if (person?.reach === undefined) return undefined;
    return await reachBy(engine, await completeCard(engine.crypto, decodeCard(person.reach)));
  } catch (error) {
    if (error instanceof SessionError) return undefined;
    if (error instanceof ProtocolError && !isTransient(error.code)) return undefined;
    throw error;
  }
}

/** One key package for each device of an account, in one suite. Throws `ERR_NO_KEY_PACKAGE`. */
export async function claimKeyPackages(engine: Engine, card: ContactCard, suite: SuiteName): Promise<NewMember> {
  const { accountId, claimKey } = card;
  const { packages } = await engine.connection.request("keyPackagesClaim", {
    accountId,
    claimKey,
    suite: suiteNumbers[suite],
  });
  const keyPackages: Uint8Array[] = [];
  for (const { bytes } of packages) {
    if (await isUsable(engine, card, bytes, suite)) keyPackages.push(bytes.slice());
  }
  if (keyPackages.length === 0) throw noKeyPackage();
  return { account: toHex(accountId), keyPackages };
}

/** The other devices of this account; nobody when there are none. */
export async function claimOwnDevices(engine: Engine, suite: SuiteName): Promise<readonly NewMember[]> {
  const { card, device, account } = engine.own();
  if (!(await engine.devices.hasOthers())) return [];
  const { keyPackages } = await claimKeyPackages(engine, card, suite);
  const others: Uint8Array[] = [];
  for (const bytes of keyPackages) {
    const { deviceId } = await verifyKeyPackage(engine.crypto, bytes);
    if (!sameBytes(deviceId, device.deviceId)) others.push(bytes);
  }
  return others.length === 0 ? [] : [{ account, keyPackages: others }];
}

/** The first of this device's suites in which all these accounts can be added, and are not too many for it. */
export async function claimTogether(
  engine: Engine,
  cards: readonly ContactCard[],
): Promise<{ readonly suite: SuiteName; readonly members: readonly NewMember[] }> {
  let failure = noKeyPackage();
  for (const suite of engine.suites) {
    // Everyone has a device at least: where that is too many, no key package is wasted to find out.
    const members = isRoomFor(suite, cards.length + 1) ? await claimAll(engine, cards, suite) : undefined;
    const devices = (members ?? []).reduce((sum, { keyPackages }) => sum + keyPackages.length, 1);
    if (members !== undefined && isRoomFor(suite, devices)) return { suite, members };
    if (!isRoomFor(suite, Math.max(devices, cards.length + 1))) failure = hybridFull();
  }
  throw failure;
}

/** `undefined` when one of them has no keys of this suite. */
async function claimAll(
  engine: Engine,
  cards: readonly ContactCard[],
  suite: SuiteName,
): Promise<readonly NewMember[] | undefined> {
  try {
    const members: NewMember[] = [];
    for (const card of cards) members.push(await claimKeyPackages(engine, card, suite));
    return [...members, ...(await claimOwnDevices(engine, suite))];
  } catch (error) {
    if (error instanceof ClientError && error.code === "ERR_NO_KEY_PACKAGE") return undefined;
    throw error;
  }
}

async function isUsable(engine: Engine, card: ContactCard, bytes: Uint8Array, suite: SuiteName): Promise<boolean> {
  try {
    const verified = await verifyKeyPackage(engine.crypto, bytes, { accountId: card.accountId });
    return verified.suite === suite;
  } catch (error) {
    // A key package that does not hold is as good as none: the account's other devices may have better ones.
    if (error instanceof SessionError) return false;
    throw error;
  }
}

function noKeyPackage(): ClientError {
  return new ClientError("ERR_NO_KEY_PACKAGE", "there are no keys with which this account could be added");
}
