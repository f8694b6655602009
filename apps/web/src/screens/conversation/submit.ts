/** Sends what the composer holds: an edit, or a message, or one message per file with the text at the first. */
import type { ComposerMode, ConversationModel } from "../../app/conversation-model.ts";
import type { AppModel } from "../../app/model.ts";

export interface SubmitRequest {
  readonly app: AppModel;
  readonly model: ConversationModel;
  readonly mode: ComposerMode;
  readonly text: string;
  readonly files: readonly File[];
}

/** Resolves once everything is queued on this device. */
export async function submit({ app, model, mode, text, files }: SubmitRequest): Promise<void> {
  const { client } = app;
  if (mode.kind === "edit") {
    if (text !== mode.message.text) model.hear(await client.edit({ message: mode.message.message, text }), false);
    return;
  }
  const replyTo = mode.kind === "reply" ? { replyTo: mode.message.message } : {};
  if (files.length === 0) {
    model.hear(await client.send({ chat: model.chat, text, ...replyTo }), true);
    return;
  }
  for (const [index, file] of files.entries()) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const outgoing = { name: file.name, type: file.type || "application/octet-stream", bytes };
    const caption = index === 0 ? { text, ...replyTo } : { text: "" };
    model.hear(await client.send({ chat: model.chat, file: outgoing, ...caption }), true);
  }
}
