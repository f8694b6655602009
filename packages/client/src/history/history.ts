/**
 * Asking for what was missed, and answering. Requests and answers travel in the group itself. Devices of the
 * asking account answer first, the others wait to see whether somebody has.
 *
 * Nobody is told what was said before he came: an answer begins after the entry that added the account.
 * What an answer says of others rests on the word of the member who gives it; that is why only answers to
 * own requests are taken, and only within what was asked for.
 */
import { sameBytes, toHex } from "@rempart/protocol";
import { type HistoryAnswer, type HistoryItem, type HistoryRequest, readMessage, SessionError } from "@rempart/session";
import type { Engine } from "../engine/engine.ts";
import { clientLimits } from "../limits.ts";
import { applyContent, applyTombstone, type ReceivedContent } from "../messages/apply.ts";
import { logIdOf } from "../store/logs.ts";
import { HelpAllowance } from "./allowance.ts";

export class History {
  readonly #engine: Engine;
  readonly #allowance: HelpAllowance;
  /** Requests of others that this device may answer, until somebody has. */
  readonly #pending = new Map<string, () => void>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#allowance = new HelpAllowance(engine.clock);
  }

  /** Asks the members of a group for the messages of a range of seqs, both ends included. */
  ask(log: string, fromSeq: number, toSeq: number): void {
    if (toSeq < fromSeq || this.#engine.tables.chats.get(log) === undefined) return;
    this.#engine.spawn(async () => {
      const requestId = this.#engine.crypto.entropy.randomBytes(16);
      const request: HistoryRequest = {
        kind: "history-request",
        requestId,
        messageIds: [],
        ranges: [{ fromSeq, toSeq }],
      };
      const { content } = await this.#engine.outbox.compose(log, request);
      this.#engine.write(() => {
        this.#engine.tables.meta.set("historyRequests", [
          ...(this.#engine.tables.meta.get("historyRequests") ?? []).slice(-63),
          { log, requestId: toHex(requestId), fromSeq, toSeq },
        ]);
        this.#engine.outbox.add(log, { content });
      });
      this.#engine.outbox.kick(log);
    });
  }

  /** A content has come out of a log. */
  heard(received: ReceivedContent): void {
    const { chat } = received.read;
    if (chat.kind === "history-request") this.#requested(received, chat);
    else if (chat.kind === "history-answer") this.#answered(received, chat);
  }

  #requested(received: ReceivedContent, request: HistoryRequest): void {
    const own = this.#engine.own();
    if (received.senderDevice === toHex(own.device.deviceId) || !this.#allowance.take(received.sender)) return;
    const isOwn = received.sender === own.account;
    const max = clientLimits.helpDelayMsMax;
    const delayMs = isOwn ? 0 : max / 2 + (this.#engine.fraction() * max) / 2;
    const key = toHex(request.requestId);
    const cancel = this.#engine.after(delayMs, () => {
      this.#pending.delete(key);
      this.#engine.spawn(() => this.#answer(received, request));
    });
    this.#pending.set(key, cancel);
  }

  async #answer({ log, sender }: ReceivedContent, request: HistoryRequest): Promise<void> {
    const since = this.#joinedAt(log, sender);
    const answers: HistoryItem[][] = [];
    for (const { fromSeq, toSeq } of request.ranges)
      answers.push(...this.#itemsOf(log, Math.max(fromSeq, since), toSeq));
    if (answers.length === 0) return;
    for (const [index, items] of answers.entries()) {
      const isLast = index === answers.length - 1;
      const answer: HistoryAnswer = { kind: "history-answer", requestId: request.requestId, isLast, items };
      const { content } = await this.#engine.outbox.compose(log, answer);
      this.#engine.write(() => this.#engine.outbox.add(log, { content }));
    }
    this.#engine.outbox.kick(log);
  }

  /** The messages of a range in pieces that fit an entry each. */
  #itemsOf(log: string, fromSeq: number, toSeq: number): HistoryItem[][] {
    const pieces: HistoryItem[][] = [];
    let from = fromSeq;
    while (from <= toSeq && pieces.length < clientLimits.historyAnswersMax) {
      const { historyItemsMax, historyBytesMax } = clientLimits;
      const items = this.#engine.tables.contents.range(log, from, toSeq, historyItemsMax, historyBytesMax);
      const last = items.at(-1);
      if (last === undefined) break;
      pieces.push([...items]);
      from = last.seq + 1;
    }
    return pieces;
  }

  /** The first seq that an account may know of: after the latest entry that added it, where one is known. */
  #joinedAt(log: string, account: string): number {
    const added = this.#engine.tables.messages
      .notices(log)
      .filter(({ notice }) => notice.kind === "added" && notice.accounts.includes(account));
    return (added.at(-1)?.seq ?? 0) + 1;
  }

  #answered({ log, senderDevice }: ReceivedContent, answer: HistoryAnswer): void {
    const key = toHex(answer.requestId);
    if (senderDevice !== toHex(this.#engine.own().device.deviceId)) {
      this.#pending.get(key)?.();
      this.#pending.delete(key);
    }
    const asked = (this.#engine.tables.meta.get("historyRequests") ?? []).find(
      (request) => request.requestId === key && request.log === log,
    );
    if (asked === undefined) return;
    const items = answer.items.filter((item) => item.seq >= asked.fromSeq && item.seq <= asked.toSeq);
    this.#engine.spawn(() => this.#take(log, items));
  }

  async #take(log: string, items: readonly HistoryItem[]): Promise<void> {
    const received: ReceivedContent[] = [];
    for (const item of items) if (item.content.length > 0) received.push(...(await this.#verified(log, item)));
    this.#engine.write((changes) => {
      for (const content of received) applyContent(this.#engine, content, changes);
      for (const { content, messageId, sender, seq, receivedAt: at } of items) {
        if (content.length > 0) continue;
        const gone = { log, seq, at, sender: toHex(sender), message: toHex(messageId), isLive: false };
        applyTombstone(this.#engine, gone, changes);
      }
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
