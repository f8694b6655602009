import { asId } from "@rempart/protocol";
import {
  type AccountSigner,
  type CryptoProvider,
  commit,
  createDevice,
  createGroup,
  type DeviceKeys,
  decryptBlob,
  encryptMessage,
  type Group,
  joinFromWelcome,
  type KeyPackagePair,
  makeKeyPackage,
  newGroupPolicy,
  type Opened,
  openEntry,
  openMessage,
  type StagedCommit,
  type SuiteName,
} from "@rempart/session";
import { nodeProvider } from "@rempart/session/provider/node";
import { LabError } from "../lab-error.ts";
import { median } from "../statistics.ts";
import type { Measurement, Sample, Scenario, Variant } from "./figure.ts";
import type { BenchSettings } from "./settings.ts";

/** Size of the messages that are sealed and opened. */
const bodyBytes = 400;

const suites: Record<string, SuiteName> = {
  classical: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
  "X-Wing": "MLS_256_XWING_AES256GCM_SHA512_Ed25519",
};
/** Messages sealed and opened in a row; the median of them counts. */
const messages = 50;
/** Groups made before anything is measured: a program that runs for days has its code compiled. */
const warmUpRounds = 5;
const warmUpSize = 10;

interface Newcomer {
  readonly device: DeviceKeys;
  readonly pair: KeyPackagePair;
}

/** What MLS costs at several group sizes: the session package on Node's own crypto, in this process. */
export async function mls(settings: BenchSettings): Promise<Scenario> {
  const sizes = settings.isQuick ? [2, 10] : [2, 10, 100, 1_000];
  settings.onProgress("mls: warming up");
  for (let i = 0; i < warmUpRounds; i++)
    for (const suite of Object.values(suites)) await measureGroup(warmUpSize, suite);
  const variants = Object.entries(suites).flatMap(([name, suite]) =>
    sizes.map(
      (size): Variant => ({
        name: `${size} members, ${name}`,
        notes: [
          "add one and process an add happen in a group that its founder filled with one commit",
          "process an add is measured from the entry, its encrypted blob at hand where it needs one",
        ],
        run: () => measureGroup(size, suite),
      }),
    ),
  );
  return { variants };
}

async function measureGroup(size: number, suite: SuiteName): Promise<Sample> {
  const crypto = nodeProvider();
  const founder = await makeSigner(crypto);
  const device = await createDevice(crypto, founder);
  const newcomers: Newcomer[] = [];
  for (let i = 1; i < size; i++) newcomers.push(await makeNewcomer(crypto, suite));
  const groupId = asId("LogId", crypto.entropy.randomBytes(16));
  const policy = newGroupPolicy(founder.accountId, "bench");

  const created = await timed(async () => {
    const { group } = await createGroup(crypto, { device, groupId, suite, policy });
    return commit(crypto, group, { add: newcomers.map(({ pair }) => pair.publicBytes) });
  });
  const member = newcomers.at(-1) ?? missing("newcomer");
  const welcome = created.value.welcome ?? missing("Welcome");
  const joined = await timed(() =>
    joinFromWelcome(crypto, { device: member.device, welcome, keyPackages: [member.pair] }),
  );

  const late = await makeNewcomer(crypto, suite);
  const founderGroup = created.value.after;
  const added = await timed(() => commit(crypto, founderGroup, { add: [late.pair.publicBytes] }));
  const processed = await timed(() => openCommit(crypto, joined.value.group, added.value));
  const snapshotBytes = added.value.write.bytes.length;
  return {
    measurements: [
      { metric: "create and add all", unit: "ms", value: created.ms },
      { metric: "join", unit: "ms", value: joined.ms },
      { metric: "add one", unit: "ms", value: added.ms },
      { metric: "process an add", unit: "ms", value: processed.ms },
      ...(await measureMessages(crypto, added.value.after, afterOf(processed.value))),
      { metric: "snapshot", unit: "KiB", value: snapshotBytes / 1_024 },
      { metric: "Welcome", unit: "KiB", value: welcome.length / 1_024 },
      { metric: "commit that adds one", unit: "KiB", value: sizeOf(added.value) / 1_024 },
    ],
  };
}

async function measureMessages(crypto: CryptoProvider, sender: Group, recipient: Group): Promise<Measurement[]> {
  const body = crypto.entropy.randomBytes(bodyBytes);
  const sealMs: number[] = [];
  const openMs: number[] = [];
  let [from, to] = [sender, recipient];
  for (let i = 0; i < messages; i++) {
    const current = { from, to };
    const sealed = await timed(() => encryptMessage(crypto, current.from, body));
    const opened = await timed(() => openEntry(crypto, current.to, sealed.value.entry));
    sealMs.push(sealed.ms);
    openMs.push(opened.ms);
    from = sealed.value.after;
    to = afterOf(opened.value);
  }
  return [
    { metric: "encrypt", unit: "ms", value: median(sealMs) },
    { metric: "decrypt", unit: "ms", value: median(openMs) },
  ];
}

async function makeSigner(crypto: CryptoProvider): Promise<AccountSigner> {
  const seed = crypto.entropy.randomBytes(32);
  const accountId = asId("AccountId", await crypto.ed25519.publicKey(seed));
  return { accountId, sign: (message) => crypto.ed25519.sign(seed, message) };
}

async function makeNewcomer(crypto: CryptoProvider, suite: SuiteName): Promise<Newcomer> {
  const device = await createDevice(crypto, await makeSigner(crypto));
  return { device, pair: await makeKeyPackage(crypto, { device, suite }) };
}

async function openCommit(crypto: CryptoProvider, group: Group, staged: StagedCommit): Promise<Opened> {
  const opened = await openEntry(crypto, group, staged.entry);
  if (opened.kind !== "detached") return opened;
  const { ciphertext } = staged.blob ?? missing("blob for a detached commit");
  return openMessage(crypto, group, await decryptBlob(crypto, opened.blob, ciphertext));
}

function afterOf(opened: Opened): Group {
  return opened.kind === "detached" ? missing("group") : opened.after;
}

function sizeOf(staged: StagedCommit): number {
  return staged.entry.length + (staged.blob?.ciphertext.length ?? 0);
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const startedAt = performance.now();
  const value = await work();
  return { value, ms: performance.now() - startedAt };
}

function missing(what: string): never {
  throw new LabError("ERR_BENCH", `the session package gave no ${what}`);
}
