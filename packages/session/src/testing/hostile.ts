/** What a hostile stranger or member might make, for tests: ts-mls without any of our checks. */
import assert from "node:assert/strict";
import {
  createGroupInfoWithExternalPubAndRatchetTree,
  type GroupInfo,
  joinGroupExternal,
  type PublicMessage,
  type RatchetTree,
} from "ts-mls";
import { createContentCommitSignature } from "ts-mls/framedContent.js";
import { extractWelcomeSecret, ratchetTreeFromExtension, signGroupInfo } from "ts-mls/groupInfo.js";
import { encodeRatchetTree } from "ts-mls/ratchetTree.js";
import { decryptGroupInfo, decryptGroupSecrets, encryptGroupInfo, encryptGroupSecrets } from "ts-mls/welcome.js";
import { clientConfig } from "../mls/config.ts";
import type { DeviceKeys } from "../mls/credential.ts";
import { sealEntry } from "../mls/entry.ts";
import { insideOf } from "../mls/group.ts";
import { generate, openPair } from "../mls/key-package.ts";
import { decodeMessage, encodeMessage } from "../mls/message.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import type { Group, KeyPackagePair } from "../types.ts";

export async function groupInfoOf(crypto: CryptoProvider, group: Group): Promise<GroupInfo> {
  const suite = await crypto.suite(group.suite);
  return createGroupInfoWithExternalPubAndRatchetTree(insideOf(group).state, [], suite);
}

export interface ExternalJoin {
  readonly device: DeviceKeys;
  /** The leaf that the joiner replaces; none when absent. */
  readonly victim?: number;
}

/** A complete external commit of a device that may not make it. */
export async function externalCommit(
  crypto: CryptoProvider,
  group: Group,
  { device, victim }: ExternalJoin,
): Promise<PublicMessage> {
  const { state } = insideOf(group);
  const fresh = await generate(crypto, { device, suite: group.suite });
  const node = victim === undefined ? undefined : state.ratchetTree[2 * victim];
  const config = clientConfig(crypto);
  const keyPackageEqualityConfig = {
    ...config.keyPackageEqualityConfig,
    compareKeyPackageToLeafNode: (_: unknown, leaf: unknown) => node?.nodeType === "leaf" && leaf === node.leaf,
  };
  const info = { ...(await groupInfoOf(crypto, group)) };
  info.extensions = info.extensions.filter((extension) => extension.extensionType !== "ratchet_tree");
  const signed = await signGroupInfo(info, state.signaturePrivateKey, (await crypto.suite(group.suite)).signature);
  const { publicMessage } = await joinGroupExternal(
    signed,
    fresh.publicPackage,
    fresh.privatePackage,
    victim !== undefined,
    await crypto.suite(group.suite),
    state.ratchetTree,
    { ...config, keyPackageEqualityConfig },
  );
  return publicMessage;
}

/** An external commit, signed as it should be, that removes a leaf which need not exist. */
export async function externalRemoving(
  crypto: CryptoProvider,
  group: Group,
  options: { readonly device: DeviceKeys; readonly removed: number },
): Promise<PublicMessage> {
  const suite = await crypto.suite(group.suite);
  const { content, auth } = await externalCommit(crypto, group, { device: options.device });
  assert.ok(content.contentType === "commit" && auth.contentType === "commit");
  const remove = { proposalType: "remove", remove: { removed: options.removed } } as const;
  const proposals = [{ proposalOrRefType: "proposal" as const, proposal: remove }, ...content.commit.proposals];
  const { signature, framedContent } = await createContentCommitSignature(
    insideOf(group).state.groupContext,
    "mls_public_message",
    { ...content.commit, proposals },
    { senderType: "new_member_commit" },
    new Uint8Array(),
    options.device.signaturePrivate,
    suite.signature,
  );
  return { content: framedContent, auth: { ...auth, signature }, senderType: "new_member_commit" };
}

/** Seals a public message as an entry of the group, as any member could. */
export async function sealPublic(
  crypto: CryptoProvider,
  group: Group,
  publicMessage: PublicMessage,
): Promise<Uint8Array> {
  const message = encodeMessage({ version: "mls10", wireformat: "mls_public_message", publicMessage });
  return (await sealEntry(crypto, insideOf(group).entryKey, message)).entry;
}

/** A tree in which one parent names an unmerged leaf of the liar's choice. */
export function treeListing(tree: RatchetTree, unmergedLeaf: number): RatchetTree {
  const index = tree.findIndex((node) => node?.nodeType === "parent");
  const node = tree[index];
  assert.ok(node?.nodeType === "parent");
  const copy = tree.slice();
  copy[index] = { ...node, parent: { ...node.parent, unmergedLeaves: [unmergedLeaf] } };
  return copy;
}

/** A GroupInfo with another tree, signed by a member as if it were true. */
export async function withTree(
  crypto: CryptoProvider,
  info: GroupInfo,
  liar: Group,
  change: (tree: RatchetTree) => RatchetTree,
) {
  const tree = ratchetTreeFromExtension(info);
  assert.ok(tree !== undefined);
  const extensionData = encodeRatchetTree(change(tree));
  const extensions = info.extensions.map((extension) =>
    extension.extensionType === "ratchet_tree" ? { ...extension, extensionData } : extension,
  );
  const { signature } = await crypto.suite(liar.suite);
  return signGroupInfo({ ...info, extensions }, insideOf(liar).state.signaturePrivateKey, signature);
}

/** A Welcome as the liar would send it: in everything true but for its ratchet tree. */
export async function welcomeWithTree(
  crypto: CryptoProvider,
  input: {
    readonly welcome: Uint8Array;
    readonly pair: KeyPackagePair;
    readonly device: DeviceKeys;
    readonly liar: Group;
    readonly change: (tree: RatchetTree) => RatchetTree;
  },
): Promise<Uint8Array> {
  const suite = await crypto.suite(input.liar.suite);
  const message = decodeMessage(input.welcome);
  assert.ok(message.wireformat === "mls_welcome");
  const { publicPackage, privatePackage } = openPair(input.pair, input.device);
  const initKey = await suite.hpke.importPrivateKey(privatePackage.initPrivateKey);
  const secrets = await decryptGroupSecrets(initKey, input.pair.reference, message.welcome, suite.hpke);
  assert.ok(secrets !== undefined);
  const noPsk = new Uint8Array(suite.kdf.size);
  const info = await decryptGroupInfo(message.welcome, secrets.joinerSecret, noPsk, suite);
  assert.ok(info !== undefined);
  const changed = await withTree(crypto, info, input.liar, input.change);
  const welcomeSecret = await extractWelcomeSecret(secrets.joinerSecret, noPsk, suite.kdf);
  const encryptedGroupInfo = await encryptGroupInfo(changed, welcomeSecret, suite);
  const publicKey = await suite.hpke.importPublicKey(publicPackage.initKey);
  const { enc, ct } = await encryptGroupSecrets(publicKey, encryptedGroupInfo, secrets, suite.hpke);
  const encryptedGroupSecrets = { kemOutput: enc, ciphertext: ct };
  const welcome = {
    ...message.welcome,
    encryptedGroupInfo,
    secrets: [{ newMember: input.pair.reference, encryptedGroupSecrets }],
  };
  return encodeMessage({ version: "mls10", wireformat: "mls_welcome", welcome });
}
