/** What can be done with a message, from its menu and from the keyboard alike. */
import type { MessageView } from "@rempart/client";
import type { ConversationModel } from "../../app/conversation-model.ts";
import type { AppModel } from "../../app/model.ts";
import type { IconName } from "../../parts/icon.tsx";

export interface ActionContext {
  readonly app: AppModel;
  readonly model: ConversationModel;
  readonly message: MessageView;
}

export type ActionName = "reply" | "edit" | "copy" | "retry" | "delete";

interface Action {
  readonly name: ActionName;
  readonly icon: IconName;
  /** As `KeyboardEvent.key` gives it. */
  readonly keys: readonly string[];
  isOffered(context: ActionContext): boolean;
  run(context: ActionContext): void;
}

const isActive = ({ model }: ActionContext) => model.state.value.detail?.isActive !== false;

export const messageActions: readonly Action[] = [
  {
    name: "reply",
    icon: "reply",
    keys: ["r", "R"],
    isOffered: isActive,
    run: ({ model, message }) => model.setMode({ kind: "reply", message }),
  },
  {
    name: "edit",
    icon: "pencil",
    keys: ["e", "E"],
    isOffered: (context) => isActive(context) && context.message.isOwn && context.message.file === undefined,
    run: ({ model, message }) => model.setMode({ kind: "edit", message }),
  },
  {
    name: "copy",
    icon: "copy",
    keys: ["c", "C"],
    isOffered: ({ message }) => message.text !== "",
    run: ({ app, message }) =>
      void app.attempt(async () => {
        await navigator.clipboard.writeText(message.text);
        app.toasts.add({ kind: "note", note: "copied" });
      }),
  },
  {
    name: "retry",
    icon: "retry",
    keys: [],
    isOffered: ({ message }) => message.state === "failed",
    run: ({ app, message }) => void app.attempt(() => app.client.retry(message.message)),
  },
  {
    name: "delete",
    icon: "trash",
    keys: ["Delete", "Backspace"],
    isOffered: (context) => isActive(context) && context.message.isOwn,
    run: ({ app, model, message }) => {
      model.deletes.add(message.message);
      app.toasts.add({ kind: "undo", note: "deleted", undo: () => model.deletes.undo(message.message) });
    },
  },
];

/** Runs the action of a key, if there is one for this message. */
export function runMessageAction(key: string, context: ActionContext): boolean {
  const action = messageActions.find((each) => each.keys.includes(key) && each.isOffered(context));
  action?.run(context);
  return action !== undefined;
}
