/**
 * The log of a group, entry by entry: open, decide, write all of it in one transaction, apply, announce.
 *
 * An entry that does not open is passed over, for good: every member opens the same bytes in the same
 * state, so what is junk to one is junk to all. The one thing that a hostile member can still do is move
 * the server's epoch with such an entry (an append with `next` need not be a commit). Then the
 * subscription lapses at an entry that this device did not take for a commit, and `healing` takes over:
 * members who did follow a valid commit answer with a way back in; when nobody can, the group is stuck
 * for all, the chat says so, and its history stays.
 */
import type { Entry } from "@rempart/protocol";
import { sameBytes } from "@rempart/protocol";
import type { GroupWrite } from "@rempart/session";
import {
  chainNext,
  decryptBlob,
  type Group,
  type Opened,
  openEntry,
  openMessage,
  SessionError,
} from "@rempart/session";
import { commitEffect, ownCommitEffect } from "../commits/apply-commit.ts";
import type { Engine } from "../engine/engine.ts";
import { downloadBlob } from "../files/download.ts";
import { clientLimits } from "../limits.ts";
import { contentEffect, ownContentEffect } from "../messages/receive.ts";
import type { LogRow } from "../store/logs.ts";
import type { Effect } from "./contact-log.ts";

/** One entry in its place. */
export interface Placed {
  readonly log: string;
  readonly entry: Entry;
  /** Chain hash after the entry; empty while the chain is not known. */
  readonly chain: Uint8Array;
  /** The group before the entry. */
  readonly group: Group;
  /** Chain hashes of the batch so far, which the database does not have yet. */
  readonly chains: ReadonlyMap<number, Uint8Array>;
}

export interface GroupEffect extends Effect {
  readonly after?: Group;
  readonly writes?: readonly GroupWrite[];
  /** Nothing after this entry can be opened in this batch: the keys or the state of the log change. */
  readonly isLast?: boolean;
}

interface Step {
  readonly entry: Entry;
  readonly chain: Uint8Array;
  readonly effect: GroupEffect;
}

/** Processes entries from the first on; answers how many. Call it in the log's lane. */
export async function processGroupEntries(engine: Engine, row: LogRow, entries: readonly Entry[]): Promise<number> {
  const first = entries[0];
  let group = await engine.healing.groupOf(row.log);
  if (first === undefined || group === undefined) return entries.length;
  const hasGap = first.seq !== row.nextSeq;
  const steps: Step[] = [];
  const chains = new Map<number, Uint8Array>();
  let chain = hasGap ? unknownChain : row.chain;
  for (const entry of entries) {
    if (chain.length > 0) chain = await chainNext(engine.crypto, chain, entry);
    chains.set(entry.seq, chain);
    const effect = await effectOf(engine, { log: row.log, entry, chain, group, chains });
    steps.push({ entry, chain, effect });
    group = effect.after ?? group;
    if (effect.isLast === true) break;
  }
  writeSteps(engine, row, { steps, hasGap, group });
  return steps.length;
}

/** After a gap no chain hash can be compared any more; a rejoin brings a new one. */
const unknownChain = new Uint8Array();

function writeSteps(
  engine: Engine,
  row: LogRow,
  batch: { readonly steps: readonly Step[]; readonly hasGap: boolean; readonly group: Group },
): void {
  const { steps, hasGap, group } = batch;
  const { logs, groups } = engine.tables;
  engine.write(
    (changes) => {
      if (hasGap) engine.healing.noteGap(row, steps[0]?.entry.seq ?? row.nextSeq, changes);
      for (const { entry, chain, effect } of steps) {
        logs.advance(row.log, { nextSeq: entry.seq + 1, chain });
        if (chain.length > 0) logs.addChain(row.log, entry.seq, chain, clientLimits.chainHashesMax);
        groups.write(row.log, effect.writes ?? []);
        effect.write?.(changes);
      }
    },
    () => {
      engine.groupCache.set(row.log, group);
      for (const { effect } of steps) effect.apply?.();
    },
  );
}

async function effectOf(engine: Engine, placed: Placed): Promise<GroupEffect> {
  const { entry, log } = placed;
  const staged = engine.tables.commits.staged(log);
  if (staged !== undefined && sameBytes(staged.entryId, entry.entryId) && sameBytes(staged.entry, entry.bytes)) {
    return ownCommitEffect(engine, placed, staged);
  }
  const sent = engine.tables.outbox.byEntry(entry.entryId);
  if (sent?.sealed !== undefined && sent.log === log && sameBytes(sent.sealed.entry, entry.bytes)) {
    return ownContentEffect(engine, placed, sent);
  }
  return openedEffect(engine, placed);
}

async function openedEffect(engine: Engine, placed: Placed): Promise<GroupEffect> {
  try {
    const opened = await openWhole(engine, placed);
    switch (opened.kind) {
      case "application":
        return await contentEffect(engine, placed, opened);
      case "commit":
        return await commitEffect(engine, placed, opened);
      case "proposal":
        return {
          after: opened.after,
          writes: opened.writes,
          write(changes) {
            const { pendingRemovals, self } = opened.after;
            const isOut = pendingRemovals.some((member) => member.leafIndex === self.leafIndex);
            // A sibling has left for the whole account.
            if (isOut) engine.leaving.isLeaving(placed.log, changes);
            else engine.commits.wishToLetGo(placed.log);
          },
          apply: () => engine.commits.proposalsWait(placed.log),
        };
      case "detached":
        return {};
    }
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
    // Its own commit, and the staged state is gone: a restored backup. Nobody but others can help.
    if (error.code === "ERR_MLS_STALE") return staleEffect(engine, placed.log);
    return {};
  }
}

function staleEffect(engine: Engine, log: string): GroupEffect {
  return {
    isLast: true,
    write: () => engine.keyPackages.suspect(),
    apply() {
      engine.healing.lost(log);
      engine.keyPackages.kick();
    },
  };
}

async function openWhole(engine: Engine, { group, entry }: Placed): Promise<Opened> {
  const opened = await openEntry(engine.crypto, group, entry.bytes);
  if (opened.kind !== "detached") return opened;
  const ciphertext = await downloadBlob(engine, opened.blob);
  if (ciphertext === undefined) throw new SessionError("ERR_BLOB", "the blob of an entry is not on the server");
  return openMessage(engine.crypto, group, await decryptBlob(engine.crypto, opened.blob, ciphertext));
}
