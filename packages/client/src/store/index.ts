/** All tables of one database. */
import { limits } from "@rempart/protocol";
import { clientLimits } from "../limits.ts";
import type { Store } from "../ports.ts";
import { ChatTable } from "./chats.ts";
import { CommitTable } from "./commits.ts";
import { ContentTable } from "./contents.ts";
import { DeliveryTable, UploadTable } from "./deliveries.ts";
import { FileTable } from "./files.ts";
import { GapTable } from "./gaps.ts";
import { GroupTable } from "./groups.ts";
import { InviteTable } from "./invites.ts";
import { KeyPackageTable } from "./key-packages.ts";
import { LateWelcomeTable } from "./late-welcomes.ts";
import { LogTable } from "./logs.ts";
import { MessageTable } from "./messages.ts";
import { MetaTable } from "./meta.ts";
import { migrate } from "./migrate.ts";
import { OutboxTable } from "./outbox.ts";
import { PeopleTable } from "./people.ts";
import { ReceiptTable } from "./receipts.ts";
import { RejoinTable } from "./rejoins.ts";
import { TicketTable } from "./tickets.ts";
import { TokenTable } from "./tokens.ts";

export type Tables = ReturnType<typeof openTables>;

/** Migrates the database and opens its tables. Throws `StoreError`. */
export function openTables(store: Store) {
  migrate(store);
  return {
    meta: new MetaTable(store),
    logs: new LogTable(store),
    groups: new GroupTable(store),
    keyPackages: new KeyPackageTable(store),
    commits: new CommitTable(store),
    outbox: new OutboxTable(store),
    deliveries: new DeliveryTable(store),
    // A stored chunk is what one frame carries.
    uploads: new UploadTable(store, limits.blobChunkBytesMax),
    people: new PeopleTable(store),
    chats: new ChatTable(store),
    messages: new MessageTable(store),
    contents: new ContentTable(store),
    gaps: new GapTable(store),
    receipts: new ReceiptTable(store),
    files: new FileTable(store, clientLimits.fileChunkBytes),
    invites: new InviteTable(store),
    rejoins: new RejoinTable(store),
    lateWelcomes: new LateWelcomeTable(store),
    tickets: new TicketTable(store),
    tokens: new TokenTable(store),
  };
}
