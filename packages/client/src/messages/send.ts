/** What a person does with messages: each is shown at once, queued durably, and sent when it can be. */
import { fromHex } from "@rempart/protocol";
import { asMessageId, encryptBlob, isPermitted, type OutgoingContent, readMessage } from "@rempart/session";
import type { MessageView, OutgoingFile, SendRequest, SentView } from "../api.ts";
import type { Engine } from "../engine/engine.ts";
import { asClientError, ClientError, isCode } from "../errors.ts";
import type { NewUpload } from "../files/uploads.ts";
import { newUpload } from "../files/uploads.ts";
import { clientLimits } from "../limits.ts";
import type { ChatRow } from "../store/chats.ts";
import { isGone, logIdOf } from "../store/logs.ts";
import type { MessageRow } from "../store/messages.ts";
import { messageView } from "../views/messages.ts";
import { applyContent } from "./apply.ts";

interface CommitOptions {
  /** The message that is changed; absent for a new one. */
  readonly of?: string;
  readonly file?: { readonly bytes: Uint8Array; readonly upload: NewUpload } | undefined;
}

export class Messages {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async send({ chat, text, replyTo, file }: SendRequest): Promise<MessageView> {
    const row = this.#engine.groups.activeChat(chat);
    const reply = replyTo === undefined ? {} : { inReplyTo: this.#target(replyTo) };
    if (file !== undefined) return this.#sendFile(row, file, { description: text, ...reply });
    if (text.trim() === "") throw new ClientError("ERR_ARGUMENT", "a message needs a text or a file");
    checkText(text);
    return this.#queue(row, { kind: "text", format: "markdown", text, ...reply });
  }

  async edit(message: string, text: string): Promise<MessageView> {
    const target = this.#own(message);
    checkSent(target);
    if (target.kind !== "text") throw new ClientError("ERR_ARGUMENT", "only text messages can be edited");
    if (text.trim() === "") throw new ClientError("ERR_ARGUMENT", "an edited message needs a text");
    checkText(text);
    await this.#change(target, { kind: "edit", target: this.#target(message), text, format: "markdown" });
    return this.#view(message);
  }

  async delete(message: string): Promise<MessageView> {
    const target = this.#own(message);
    if (target.state === "failed") this.#forget(target);
    else await this.#change(target, { kind: "delete", target: this.#target(message) });
    return this.#view(message);
  }

  async react(message: string, emoji: string, isRemoved: boolean): Promise<MessageView> {
    const target = this.#row(message);
    if (target.kind === "notice" || target.isDeleted) throw new ClientError("ERR_ARGUMENT", "nothing to react to");
    checkSent(target);
    const existing = this.#engine.tables.messages.reaction(target.message, this.#engine.own().account, emoji);
    if ((existing !== undefined) !== isRemoved) return messageView(this.#engine, target);
    const id = this.#target(message);
    const content: OutgoingContent =
      existing === undefined
        ? { kind: "reaction", target: id, reaction: emoji }
        : { kind: "unreact", target: id, replaces: asMessageId(fromHex(existing.message)) };
    await this.#change(target, content);
    return this.#view(message);
  }

  retry(message: string): void {
    const { messages, outbox } = this.#engine.tables;
    const row = this.#row(message);
    if (isGone(this.#engine.tables.logs.get(row.log)?.state)) {
      throw new ClientError("ERR_INACTIVE", "this chat was left, nothing can be sent in it");
    }
    this.#engine.write((changes) => {
      outbox.retry(row.message);
      if (row.state === "failed") messages.setState(row.message, "queued");
      changes.message(row.message);
    });
    this.#engine.outbox.kick(row.log);
  }

  async whenSent(queued: string): Promise<SentView> {
    const { outbox } = this.#engine.tables;
    this.#row(queued);
    return this.#engine.waiters.until(() => {
      const { message } = this.#row(queued);
      const error = outbox.errorOf(message);
      if (error !== undefined) throw refusal(error);
      if (outbox.unsentOf(message) > 0) return undefined;
      const { chat, seq, error: failure } = this.#row(message);
      if (seq === 0 && failure !== undefined) throw refusal(failure);
      return seq === 0 ? undefined : { message, chat, seq };
    });
  }

  async #sendFile(
    row: ChatRow,
    { name, type, bytes }: OutgoingFile,
    rest: { readonly description: string; readonly inReplyTo?: ReturnType<typeof asMessageId> },
  ): Promise<MessageView> {
    if (bytes.length > clientLimits.fileBytesMax) {
      throw new ClientError("ERR_FILE_TOO_LARGE", `a file is at most ${clientLimits.fileBytesMax / 1_048_576} MiB`);
    }
    const sealed = await encryptBlob(this.#engine.crypto, bytes);
    const { reference: blob } = sealed;
    const content = {
      kind: "attachment",
      blob,
      filename: name,
      contentType: type,
      size: bytes.length,
      ...rest,
    } as const;
    return this.#queue(row, content, { bytes, upload: newUpload(this.#engine, sealed) });
  }

  /** Shows a new message and queues it, in one transaction. */
  async #queue(
    row: ChatRow,
    outgoing: OutgoingContent,
    file?: { readonly bytes: Uint8Array; readonly upload: NewUpload },
  ): Promise<MessageView> {
    return this.#view(await this.#commit(row.chat, outgoing, { file }));
  }

  /** Shows what is done to a message and queues it; the message tells when it is durable. */
  async #change(target: MessageRow, outgoing: OutgoingContent): Promise<void> {
    const log = this.#engine.groups.successor(target.log) ?? target.log;
    await this.#commit(log, outgoing, { of: target.message });
  }

  /** In the lane from the first question to the last write: what is said first stands first. Answers the content's id. */
  async #commit(log: string, outgoing: OutgoingContent, options: CommitOptions): Promise<string> {
    const message = await this.#engine.lanes.run(log, async () => {
      await this.#checkWritable(log);
      return this.#write(log, outgoing, options);
    });
    if (options.file !== undefined) this.#engine.uploads.kick();
    return message;
  }

  async #write(log: string, outgoing: OutgoingContent, { of, file }: CommitOptions): Promise<string> {
    const { crypto, clock, tables, outbox } = this.#engine;
    const own = this.#engine.own();
    const { message, content } = await outbox.compose(log, outgoing);
    const read = await readMessage(crypto, { sender: own.keys.accountId, groupId: logIdOf(log) }, content);
    const waitsFor = file?.upload.row.blob;
    const row = { content, message, partOf: of ?? message, ...(waitsFor !== undefined && { waitsFor }) };
    await outbox.queue(log, row, (changes) => {
      if (file !== undefined) {
        const { row: upload, ciphertext } = file.upload;
        tables.files.put(message, file.bytes);
        tables.uploads.add({ ...upload, message }, ciphertext);
      }
      const received = { log, seq: 0, at: clock.now(), sender: own.account, read, content, isLive: true };
      applyContent(this.#engine, received, changes);
    });
    return message;
  }

  /** Throws unless this account may write in the chat now. Call it in the log's lane. */
  async #checkWritable(log: string): Promise<void> {
    this.#engine.groups.activeChat(log);
    const group = await this.#engine.healing.groupOf(log);
    if (group !== undefined && !isPermitted(group.policy, this.#engine.own().keys.accountId, "send")) {
      throw new ClientError("ERR_PERMISSION", "this account may not write in this group");
    }
    if (this.#engine.tables.outbox.unsent(log) >= clientLimits.outboxMax) {
      throw new ClientError("ERR_QUOTA", "too many messages wait for the server in this chat");
    }
  }

  /** A message that nobody has got is deleted here alone. */
  #forget({ message, chat }: MessageRow): void {
    const { messages, outbox, uploads, contents } = this.#engine.tables;
    this.#engine.write((changes) => {
      outbox.removeOf(message);
      uploads.removeOf(message);
      contents.erase(message);
      messages.delete(message);
      changes.message(message);
      changes.chat(chat);
    });
  }

  #row(message: string): MessageRow {
    const row = this.#engine.tables.messages.get(this.#engine.saidAgain.get(message) ?? message);
    if (row === undefined) throw new ClientError("ERR_NOT_FOUND", "there is no such message");
    return row;
  }

  #own(message: string): MessageRow {
    const row = this.#row(message);
    if (!row.isOwn || row.kind === "notice")
      throw new ClientError("ERR_PERMISSION", "only its author may change a message");
    if (row.isDeleted) throw new ClientError("ERR_ARGUMENT", "this message was deleted");
    return row;
  }

  #target(message: string) {
    return asMessageId(fromHex(this.#row(message).message));
  }

  #view(message: string): MessageView {
    return messageView(this.#engine, this.#row(message));
  }
}

function checkText(text: string): void {
  if (new TextEncoder().encode(text).length > clientLimits.textBytesMax) {
    throw new ClientError("ERR_TOO_LARGE", "the text is too long for one message: send it as a file");
  }
}

/** What was never sent cannot be changed for others: it is sent again first, or deleted. */
function checkSent({ state }: MessageRow): void {
  if (state === "failed") throw new ClientError("ERR_ARGUMENT", "this message was not sent: send it again first");
}

function refusal(code: string): ClientError {
  if (code === "ERR_INACTIVE") return new ClientError(code, "the chat was left before this could be sent");
  return isCode(code) ? new ClientError(code, "the server refused this message") : asClientError(undefined);
}
