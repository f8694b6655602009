/** The text being written: kept as the chat's draft, or, while editing, taken from the message. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { ConversationModel } from "../../app/conversation-model.ts";
import type { AppModel } from "../../app/model.ts";
import { useStore } from "../../app/store.ts";

export interface Draft {
  readonly value: string;
  set(value: string): void;
  clear(): void;
}

/** Writing pauses this long before the draft is stored. */
const storeAfterMs = 600;

export function useDraft(app: AppModel, model: ConversationModel): Draft {
  const mode = useStore(model.state, (state) => state.mode);
  const [value, setValue] = useState(() => draftOf(app, model));
  const latest = useRef(value);
  const stored = useRef(value);
  /** What was being written when an edit began. */
  const beforeEdit = useRef<string>(undefined);
  latest.current = beforeEdit.current ?? value;

  const store = useCallback(() => {
    if (latest.current === stored.current) return;
    stored.current = latest.current;
    void app.attempt(() => app.client.setDraft({ chat: model.chat, text: latest.current }));
  }, [app, model]);

  useEffect(() => {
    if (mode.kind === "edit") {
      setValue((current) => {
        beforeEdit.current ??= current;
        return mode.message.text;
      });
    } else if (beforeEdit.current !== undefined) {
      setValue(beforeEdit.current);
      beforeEdit.current = undefined;
    }
  }, [mode]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: every change of the text starts the wait anew.
  useEffect(() => {
    const timer = setTimeout(store, storeAfterMs);
    return () => clearTimeout(timer);
  }, [value, store]);

  useEffect(() => {
    addEventListener("pagehide", store);
    return () => {
      removeEventListener("pagehide", store);
      store();
    };
  }, [store]);

  return { value, set: setValue, clear: () => setValue("") };
}

function draftOf(app: AppModel, model: ConversationModel): string {
  const { detail } = model.state.value;
  return app.state.value.chats?.find((chat) => chat.chat === model.chat)?.draft ?? detail?.draft ?? "";
}
