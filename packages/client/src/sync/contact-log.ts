/** The contact log: whatever strangers wrote there, the cursor moves on. */
import type { Entry } from "@rempart/protocol";
import { type ContactEntry, chainNext, openContactEntry, SessionError } from "@rempart/session";
import { addingEffect, prepareWelcome } from "../contacts/welcome.ts";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import type { LogRow } from "../store/logs.ts";

/** What an entry does: `write` in the transaction that moves the cursor, `apply` once that is durable. */
export interface Effect {
  readonly write?: (changes: Changes) => void;
  readonly apply?: () => void;
}

/** Processes the first of `entries`; answers how many that was. Call it in the log's lane. */
export async function processContactEntries(engine: Engine, row: LogRow, entries: readonly Entry[]): Promise<number> {
  const [entry] = entries;
  if (entry === undefined) return 0;
  const chain = await chainNext(engine.crypto, row.chain, entry);
  const effect = await contactEffect(engine, entry);
  engine.write(
    (changes) => {
      engine.contactGaps.missed(row.log, { fromSeq: row.nextSeq, toSeq: entry.seq - 1 });
      engine.tables.logs.advance(row.log, { nextSeq: entry.seq + 1, chain });
      effect.write?.(changes);
    },
    () => effect.apply?.(),
  );
  return 1;
}

/** What one entry does, whenever it comes. */
export async function contactEffect(engine: Engine, entry: Entry): Promise<Effect> {
  try {
    const opened = await openContactEntry(engine.crypto, engine.own().keys, entry.bytes);
    return await effectOfOpened(engine, opened);
  } catch (error) {
    // Anyone with a link can write here: what does not open, or does not hold, is junk and is passed over.
    if (error instanceof SessionError) return {};
    throw error;
  }
}

async function effectOfOpened(engine: Engine, opened: ContactEntry): Promise<Effect> {
  switch (opened.kind) {
    case "welcome":
      return prepareWelcome(engine, opened);
    case "rejoin-request":
      return { apply: () => engine.help.asked(opened) };
    case "rejoin-kit":
      return { apply: () => engine.healing.answered(opened) };
    case "adding":
      return addingEffect(engine, opened);
  }
}
