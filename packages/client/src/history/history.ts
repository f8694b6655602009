/**
 * Asking for what was missed, and answering. Requests and answers travel in the group itself.
 *
 * 1. That something was missed is durable together with what says so, and is asked for, again and again with longer
 *    pauses, until somebody has told all of it.
 * 2. Devices of the asking account answer first, then members who know all, then the others; each waits to see
 *    whether somebody has, and adds what has not been told yet.
 * 3. Nobody is told what was said while he was not in the group (`telling.ts`).
 *
 * What an answer says of others rests on the word of the member who gives it; that is why only answers to
 * own requests are taken, and only within what was asked for.
 */
import { fromHex, sameBytes, toHex } from "@rempart/protocol";
import { type HistoryAnswer, type HistoryItem, type HistoryRequest, readMessage, SessionError } from "@rempart/session";
import type { Engine } from "../engine/engine.ts";
import type { Pump } from "../engine/pump.ts";
import { clientLimits } from "../limits.ts";
import { applyContent, applyTombstone, type ReceivedContent } from "../messages/apply.ts";
import type { Gap } from "../store/gaps.ts";
import { logIdOf } from "../store/logs.ts";
import { HelpAllowance } from "./allowance.ts";
import { type SeqRange, type Telling, type Testimony, tellingOf } from "./telling.ts";

/** An answer that this device is about to give. */
interface PendingAnswer {
  /** Ids of messages that others have told meanwhile. */
  readonly told: Set<string>;
  cancel(): void;
}

export class History {
  readonly #engine: Engine;
  readonly #pump: Pump;
  readonly #allowance: HelpAllowance;
  /** By request. */
  readonly #pending = new Map<string, PendingAnswer>();
  /** By request. */
  readonly #answeredAt = new Map<string, number>();
  /** By log: the next look at what has not been told. */
  readonly #timers = new Map<string, () => void>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump((log) => this.#work(log));
    this.#allowance = new HelpAllowance(engine.clock);
  }

  /** Messages of a range of seqs, both ends included, were missed. Call it in a transaction, and `kick` after it. */
  missed(log: string, { fromSeq, toSeq }: SeqRange): void {
    if (toSeq < fromSeq || this.#engine.tables.chats.get(log) === undefined) return;
    const request = toHex(this.#engine.crypto.entropy.randomBytes(16));
    this.#engine.tables.gaps.add({ log, request, fromSeq, toSeq });
  }

  /** Looks at what is to be asked in a log. */
  kick(log: string): void {
    for (const each of [log, ...this.#engine.tables.chats.replacedBy(log)]) this.#pump.kick(each);
  }

  /** Asks for the gap that is due; in the chat that took the place of the log's where nobody is in that any more. */
  async #work(log: string): Promise<"again" | "idle"> {
    const { gaps, logs } = this.#engine.tables;
    const successor = this.#engine.groups.successor(log);
    const where = successor ?? log;
    if (logs.get(where)?.state !== "active" || !this.#engine.sync.isSynced(where)) return "idle";
    const open = gaps.of(log).filter((gap) => gap.isOpen && gap.tries < clientLimits.historyTriesMax);
    const [gap] = open.sort((a, b) => dueAt(a) - dueAt(b));
    if (gap === undefined) return "idle";
    const waitMs = Math.min(dueAt(gap) - this.#engine.clock.now(), pauseOf(gap));
    if (waitMs > 0) {
      this.#timers.get(log)?.();
      this.#timers.set(
        log,
        this.#engine.after(waitMs, () => this.kick(log)),
      );
      return "idle";
    }
    const { request, fromSeq, toSeq } = gap;
    const question: HistoryRequest = {
      kind: "history-request",
      requestId: fromHex(request),
      messageIds: [],
      ranges: [{ fromSeq, toSeq }],
      ...(successor !== undefined && { groupId: fromHex(log) }),
    };
    const { content } = await this.#engine.outbox.compose(where, question);
    this.#engine.write(() => {
      gaps.setAsked(request, this.#engine.clock.now());
      this.#engine.outbox.add(where, { content });
    });
    this.#engine.outbox.kick(where);
    return "again";
  }

  /** A content has come out of a log. */
  heard(received: ReceivedContent): void {
    const { chat } = received.read;
    if (chat.kind === "history-request") this.#requested(received, chat);
    else if (chat.kind === "history-answer") this.#answered(received, chat);
  }

  #requested(received: ReceivedContent, request: HistoryRequest): void {
    const own = this.#engine.own();
    if (received.senderDevice === toHex(own.device.deviceId)) return;
    const isOwn = received.sender === own.account;
    if (!this.#mayAsk(received.log, logOf(received, request))) return;
    if (!isOwn && !this.#allowance.take(received.sender)) return;
    const key = toHex(request.requestId);
    const isComplete = this.#tellings(received, request).every((telling) => telling.isComplete);
    this.#pending.get(key)?.cancel();
    const told = new Set<string>();
    const cancel = this.#engine.after(this.#delayMs({ isOwn, isComplete }), () => {
      this.#pending.delete(key);
      this.#engine.spawn(() => this.#answer(received, request, told));
    });
    this.#pending.set(key, { told, cancel });
  }

  #delayMs({ isOwn, isComplete }: { readonly isOwn: boolean; readonly isComplete: boolean }): number {
    const max = clientLimits.helpDelayMsMax;
    if (isOwn && isComplete) return 0;
    const earliest = isComplete || isOwn ? max / 2 : max;
    return earliest + this.#engine.fraction() * (max / 2);
  }

  /** In a chat it may be asked for its own log, and for those whose place it took. */
  #mayAsk(where: string, log: string): boolean {
    return log === where || this.#engine.tables.chats.get(log)?.shownAs === where;
  }

  #tellings(received: ReceivedContent, request: HistoryRequest): readonly Telling[] {
    const log = logOf(received, request);
    const { chats, gaps, logs, messages } = this.#engine.tables;
    const testimony: Testimony = {
      own: this.#engine.own().account,
      isDirect: chats.get(log)?.kind === "direct",
      notices: messages.notices(log),
      gaps: gaps.of(log),
    };
    // Where a log that this device has lost its place in goes on to, it cannot tell.
    const isWhole = logs.get(log)?.state !== "lost";
    return request.ranges.map((range) => {
      const telling = tellingOf(testimony, received.sender, range);
      return isWhole ? telling : { mayTell: telling.mayTell, isComplete: false };
    });
  }

  async #answer(received: ReceivedContent, request: HistoryRequest, told: ReadonlySet<string>): Promise<void> {
    const tellings = this.#tellings(received, request);
    const pieces: HistoryItem[][] = [];
    for (const [i, range] of request.ranges.entries()) {
      const room = clientLimits.historyAnswersMax - pieces.length;
      const telling = tellings[i];
      const isNews = (item: HistoryItem) => telling?.mayTell(item) === true && !told.has(toHex(item.messageId));
      pieces.push(...this.#piecesOf(logOf(received, request), range, isNews).slice(0, room));
    }
    const isComplete = tellings.every((telling) => telling.isComplete);
    // Who knows all says so even when there is nothing to tell: or it would be asked for again. And of a log that is over
    // nobody can know all: that there is no more from here is what the other waits for.
    if (pieces.length === 0 && (isComplete || request.groupId !== undefined)) pieces.push([]);
    for (const [index, items] of pieces.entries()) {
      const isLast = isComplete && index === pieces.length - 1;
      const answer: HistoryAnswer = { kind: "history-answer", requestId: request.requestId, isLast, items };
      const { content } = await this.#engine.outbox.compose(received.log, answer);
      this.#engine.write(() => this.#engine.outbox.add(received.log, { content }));
    }
    this.#engine.outbox.kick(received.log);
  }

  /** What may be told of a range, in pieces that fit an entry each. */
  #piecesOf(log: string, { fromSeq, toSeq }: SeqRange, isNews: (item: HistoryItem) => boolean): HistoryItem[][] {
    const pieces: HistoryItem[][] = [];
    let from = fromSeq;
    while (from <= toSeq && pieces.length < clientLimits.historyAnswersMax) {
      const { historyItemsMax, historyBytesMax } = clientLimits;
      const items = this.#engine.tables.contents.range(log, from, toSeq, historyItemsMax, historyBytesMax);
      const last = items.at(-1);
      if (last === undefined) break;
      const news = items.filter(isNews);
      if (news.length > 0) pieces.push(news);
      from = last.seq + 1;
    }
    return pieces;
  }

  /** When another account last answered a question, since this device started. */
  answeredAt(request: string): number | undefined {
    return this.#answeredAt.get(request);
  }

  #answered({ log, sender, senderDevice }: ReceivedContent, answer: HistoryAnswer): void {
    const key = toHex(answer.requestId);
    if (senderDevice !== toHex(this.#engine.own().device.deviceId)) {
      const pending = this.#pending.get(key);
      for (const { messageId } of answer.items) pending?.told.add(toHex(messageId));
      if (answer.isLast) {
        pending?.cancel();
        this.#pending.delete(key);
      }
    }
    const gap = this.#engine.tables.gaps.get(key);
    if (gap === undefined || !this.#mayAsk(log, gap.log)) return;
    if (sender !== this.#engine.own().account) this.#answeredAt.set(key, this.#engine.clock.now());
    const items = answer.items.filter((item) => item.seq >= gap.fromSeq && item.seq <= gap.toSeq);
    this.#engine.spawn(() => this.#take(gap, items, answer.isLast));
  }

  async #take({ log, request }: Gap, items: readonly HistoryItem[], isLast: boolean): Promise<void> {
    const received: ReceivedContent[] = [];
    for (const item of items) if (item.content.length > 0) received.push(...(await this.#verified(log, item)));
    this.#engine.write((changes) => {
      for (const content of received) applyContent(this.#engine, content, changes);
      for (const { content, messageId, sender, seq, receivedAt: at } of items) {
        if (content.length > 0) continue;
        const gone = { log, seq, at, sender: toHex(sender), message: toHex(messageId), isLive: false };
        applyTombstone(this.#engine, gone, changes);
      }
      if (isLast) this.#engine.tables.gaps.close(request);
    });
  }

  /** Nothing, when the item is not what its id says. */
  async #verified(log: string, item: HistoryItem): Promise<readonly ReceivedContent[]> {
    try {
      const context = { sender: item.sender, groupId: logIdOf(log) };
      const read = await readMessage(this.#engine.crypto, context, item.content);
      if (!sameBytes(read.messageId, item.messageId)) return [];
      const { seq, receivedAt: at } = item;
      return [{ log, seq, at, sender: toHex(item.sender), read, content: item.content.slice(), isLive: false }];
    } catch (error) {
      if (error instanceof SessionError) return [];
      throw error;
    }
  }
}

/** The log that a request is about. */
function logOf({ log }: ReceivedContent, { groupId }: HistoryRequest): string {
  return groupId === undefined ? log : toHex(groupId);
}

/** Before a gap is asked for again. */
function pauseOf({ tries }: Gap): number {
  return clientLimits.historyRetryMs * 2 ** Math.max(0, tries - 1);
}

function dueAt(gap: Gap): number {
  return gap.askedAt === 0 ? 0 : gap.askedAt + pauseOf(gap);
}
