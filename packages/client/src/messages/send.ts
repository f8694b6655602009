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

export class Messages {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async send({ chat, text, replyTo, file }: SendRequest): Promise<MessageView> {
    const row = await this.#writable(chat);
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
    const existing = this.#engine.tables.messages.reaction(message, this.#engine.own().account, emoji);
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
      outbox.retry(message);
      if (row.state === "failed") messages.setState(message, "queued");
      changes.message(message);
    });
    this.#engine.outbox.kick(row.log);
  }

  async whenSent(message: string): Promise<SentView> {
    const { outbox } = this.#engine.tables;
    this.#row(message);
    return this.#engine.waiters.until(() => {
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
    const { message } = await this.#commit(row.chat, outgoing, { file });
    return this.#view(message);
  }

  /** Shows what is done to a message and queues it; the message tells when it is durable. */
  async #change(target: MessageRow, outgoing: OutgoingContent): Promise<void> {
    await this.#writable(target.log);
    await this.#commit(target.log, outgoing, { of: target.message });
  }

  async #commit(
    log: string,
    outgoing: OutgoingContent,
    options: {
      readonly of?: string;
      readonly file?: { readonly bytes: Uint8Array; readonly upload: NewUpload } | undefined;
    },
  ): Promise<{ message: string }> {
    const { crypto, clock, tables } = this.#engine;
    const own = this.#engine.own();
    if (tables.outbox.unsent(log) >= clientLimits.outboxMax) {
      throw new ClientError("ERR_QUOTA", "too many messages wait for the server in this chat");
    }
    const { message, content } = await this.#engine.outbox.compose(log, outgoing);
    const context = { sender: own.keys.accountId, groupId: logIdOf(log) };
    const read = await readMessage(crypto, context, content);
    const waitsFor = options.file?.upload.row.blob;
    this.#engine.write((changes) => {
      const row = { content, message, partOf: options.of ?? message, ...(waitsFor !== undefined && { waitsFor }) };
      this.#engine.outbox.add(log, row);
      if (options.file !== undefined) {
        const { row: upload, ciphertext } = options.file.upload;
        tables.files.put(message, options.file.bytes);
        tables.uploads.add({ ...upload, message }, ciphertext);
      }
      const received = { log, seq: 0, at: clock.now(), sender: own.account, read, content, isLive: true };
      applyContent(this.#engine, received, changes);
    });
    if (options.file !== undefined) this.#engine.uploads.kick();
    this.#engine.outbox.kick(log);
    return { message };
  }

  /** The chat, if this account may write there. */
  async #writable(chat: string): Promise<ChatRow> {
    const row = this.#engine.groups.activeChat(chat);
    const group = await this.#engine.lanes.run(row.chat, () => this.#engine.groupCache.get(row.chat));
    if (group !== undefined && !isPermitted(group.policy, this.#engine.own().keys.accountId, "send")) {
      throw new ClientError("ERR_PERMISSION", "this account may not write in this group");
    }
    return row;
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
    const row = this.#engine.tables.messages.get(message);
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
    this.#row(message);
    return asMessageId(fromHex(message));
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
