/**
 * Group state at rest. A snapshot is the whole state, written once per epoch; a delta is what one message
 * changed: the ratchet of one leaf, or the list of waiting proposals ([SN50] to [SN53]).
 */
import { bytes, decode, id, oneOf, struct, u8, u32, u53 } from "@rempart/protocol";
import { type ClientState, decodeGroupState, encodeGroupState, type GenerationSecret } from "ts-mls";
import { encode as encodeTls } from "ts-mls/codec/tlsEncoder.js";
import { decodeGenerationSecret, generationSecretEncoder } from "ts-mls/secretTree.js";
import { decodeUnappliedProposals, unappliedProposalsEncoder } from "ts-mls/unappliedProposals.js";
import { encodeSized } from "../bytes.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import type { Group, GroupWrite } from "../types.ts";
import { clientConfig } from "./config.ts";
import { insideOf, makeGroup } from "./group.ts";
import { ensure, guarded } from "./guard.ts";
import type { DeviceName } from "./policy-check.ts";

const version = 1;
/** A state of 2,000 X-Wing members is about 8 MB. */
const stateBytesMax = 33_554_432;
const snapshotCodec = struct({
  version: u8,
  accountId: id("AccountId"),
  deviceId: id("DeviceId"),
  state: bytes(stateBytesMax),
});

type Delta = Extract<GroupWrite, { kind: "delta" }>;

const ratchetKinds = ["application", "handshake"] as const;
export type RatchetKind = (typeof ratchetKinds)[number];

const ratchetCodec = struct({ epoch: u53, leafIndex: u32, kind: oneOf(...ratchetKinds), ratchet: bytes(4_096) });
const proposalsCodec = struct({ epoch: u53, proposals: bytes(1_048_576) });
const proposalsKey = "proposals";

const encodeRatchet = encodeTls(generationSecretEncoder);
const encodeProposals = encodeTls(unappliedProposalsEncoder);

/** The snapshot of a group: secret. It replaces every earlier write of the same group. */
export function encodeGroup(group: Group): GroupWrite {
  const { state } = insideOf(group);
  const { accountId, deviceId } = group.self;
  const encoded = encodeGroupState(state);
  const value = { version, accountId, deviceId, state: encoded };
  return { kind: "snapshot", bytes: encodeSized(snapshotCodec, value, encoded.length + 128) };
}

/** The delta after the ratchet of one leaf has moved. */
export function ratchetDelta(group: Group, leafIndex: number, kind: RatchetKind): GroupWrite {
  const node = insideOf(group).state.secretTree[2 * leafIndex];
  ensure(node !== undefined, "ERR_MLS_INVALID", "there is no ratchet at this leaf");
  const ratchet = encodeRatchet(node[kind]);
  const value = { epoch: group.epoch, leafIndex, kind, ratchet };
  return { kind: "delta", key: `${leafIndex}:${kind}`, bytes: encodeSized(ratchetCodec, value, ratchet.length + 32) };
}

/** The delta after a proposal has arrived. */
export function proposalsDelta(group: Group): GroupWrite {
  const proposals = encodeProposals(insideOf(group).state.unappliedProposals);
  const value = { epoch: group.epoch, proposals };
  return { kind: "delta", key: proposalsKey, bytes: encodeSized(proposalsCodec, value, proposals.length + 16) };
}

/**
 * The group that was written as `snapshot` and, after it, `deltas` (at most one per key matters: the last).
 * Throws `ERR_MLS_MALFORMED` when a byte of them was lost or they do not belong together.
 */
export function decodeGroup(
  crypto: CryptoProvider,
  written: { readonly snapshot: Uint8Array; readonly deltas: readonly Pick<Delta, "key" | "bytes">[] },
): Promise<Group> {
  return guarded("ERR_MLS_MALFORMED", async () => {
    const snapshot = decode(snapshotCodec, written.snapshot);
    ensure(snapshot.version === version, "ERR_MLS_MALFORMED", "the snapshot is of an unknown version");
    // A copy: decoding yields views, and the caller's bytes are not the group's to keep.
    const decoded = decodeGroupState(snapshot.state.slice(), 0);
    const isWhole = decoded !== undefined && decoded[1] === snapshot.state.length;
    ensure(isWhole, "ERR_MLS_MALFORMED", "the snapshot is damaged");
    const base: ClientState = { ...decoded[0], clientConfig: clientConfig(crypto) };
    const device: DeviceName = { accountId: snapshot.accountId, deviceId: snapshot.deviceId };
    return makeGroup(crypto, written.deltas.reduce(applyDelta, base), device);
  });
}

function applyDelta(state: ClientState, delta: Pick<Delta, "key" | "bytes">): ClientState {
  return delta.key === proposalsKey ? applyProposals(state, delta.bytes) : applyRatchet(state, delta.bytes);
}

function ensureEpoch(state: ClientState, epoch: number): void {
  const isSame = state.groupContext.epoch === BigInt(epoch);
  ensure(isSame, "ERR_MLS_MALFORMED", "a delta is of another epoch than its snapshot");
}

function applyProposals(state: ClientState, bytes: Uint8Array): ClientState {
  const { epoch, proposals } = decode(proposalsCodec, bytes);
  ensureEpoch(state, epoch);
  const decoded = decodeUnappliedProposals(proposals.slice(), 0);
  ensure(decoded !== undefined, "ERR_MLS_MALFORMED", "a delta is damaged");
  return { ...state, unappliedProposals: decoded[0] };
}

function applyRatchet(state: ClientState, bytes: Uint8Array): ClientState {
  const { epoch, leafIndex, kind, ratchet } = decode(ratchetCodec, bytes);
  ensureEpoch(state, epoch);
  const decoded = decodeGenerationSecret(ratchet.slice(), 0);
  const node = state.secretTree[2 * leafIndex];
  ensure(decoded !== undefined && node !== undefined, "ERR_MLS_MALFORMED", "a delta is damaged");
  const secretTree = state.secretTree.slice();
  secretTree[2 * leafIndex] = { ...node, [kind]: newest(node[kind], decoded[0]) };
  return { ...state, secretTree };
}

/** [SN52] A ratchet never moves back, in whatever order its deltas are read. */
function newest(a: GenerationSecret, b: GenerationSecret): GenerationSecret {
  return b.generation >= a.generation ? b : a;
}
