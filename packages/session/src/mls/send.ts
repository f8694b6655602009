/** Sealing application messages and leaves. */
import { sameBytes } from "@rempart/protocol";
import { createApplicationMessage, createProposal, type MLSMessage } from "ts-mls";
import type { CryptoProvider } from "../provider/provider.ts";
import type { Group, GroupWrite, StagedMessage } from "../types.ts";
import { sealEntry } from "./entry.ts";
import { ensureActive, insideOf, memberAt, withState } from "./group.ts";
import { ensure, guarded } from "./guard.ts";
import { encodeMessage } from "./message.ts";
import { proposalsDelta, ratchetDelta } from "./snapshot.ts";

/**
 * Seals `payload` for the members of this epoch; `aad` is authenticated and, inside the outer seal, visible
 * to members only. Throws `ERR_MLS_PENDING` while proposals wait (commit first), `ERR_MLS_NOT_MEMBER`,
 * `ERR_MLS_TOO_LARGE`.
 */
export function encryptMessage(
  crypto: CryptoProvider,
  group: Group,
  payload: Uint8Array,
  aad: Uint8Array = new Uint8Array(),
): Promise<StagedMessage> {
  return guarded("ERR_MLS_INVALID", async () => {
    ensureActive(group);
    ensure(group.pendingRemovals.length === 0, "ERR_MLS_PENDING", "commit the waiting proposals first");
    const { state, entryKey } = insideOf(group);
    const { newState, privateMessage } = await createApplicationMessage(
      state,
      payload,
      await crypto.suite(group.suite),
      aad,
    );
    const after = withState(group, newState);
    const message: MLSMessage = { version: "mls10", wireformat: "mls_private_message", privateMessage };
    const sealed = await sealEntry(crypto, entryKey, encodeMessage(message));
    return { ...sealed, after, writes: [ratchetDelta(after, group.self.leafIndex, "application")] };
  });
}

/**
 * Proposes that some of this account's own leaves leave: one entry per leaf, to be appended in order. Nothing
 * changes until another member commits them.
 */
export function proposeLeave(
  crypto: CryptoProvider,
  group: Group,
  leaves: readonly number[] = [group.self.leafIndex],
): Promise<readonly StagedMessage[]> {
  return guarded("ERR_MLS_INVALID", async () => {
    ensureActive(group);
    const staged: StagedMessage[] = [];
    for (const leaf of leaves) {
      const latest = staged.at(-1)?.after ?? group;
      const { accountId } = memberAt(latest.members, leaf);
      const isOwn = sameBytes(accountId, group.self.accountId);
      ensure(isOwn, "ERR_POLICY", "only an account itself proposes to leave");
      const isPending = latest.pendingRemovals.some((member) => member.leafIndex === leaf);
      if (!isPending) staged.push(await proposeRemoval(crypto, latest, leaf));
    }
    return staged;
  });
}

async function proposeRemoval(crypto: CryptoProvider, group: Group, leaf: number): Promise<StagedMessage> {
  const { state, entryKey } = insideOf(group);
  const proposal = { proposalType: "remove", remove: { removed: leaf } } as const;
  const { newState, message } = await createProposal(state, false, proposal, await crypto.suite(group.suite));
  const after = withState(group, newState);
  const writes: GroupWrite[] = [ratchetDelta(after, group.self.leafIndex, "handshake"), proposalsDelta(after)];
  return { ...(await sealEntry(crypto, entryKey, encodeMessage(message))), after, writes };
}
