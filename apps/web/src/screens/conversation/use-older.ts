/** Loads older messages a page at a time as the top of the list comes near. */
import { type RefObject, useMemo } from "react";
import type { VirtualizerHandle } from "virtua";
import type { ConversationModel } from "../../app/conversation-model.ts";

/** How near to the top older messages are asked for. */
const loadOlderPx = 600;
/** While a page is put above, the list holds its place only after this long; until then it stands at the top. */
const settleMs = 200;

export interface Older {
  /** The list was scrolled to this offset from its top. */
  near(offset: number): void;
}

export function useOlder(model: ConversationModel, list: RefObject<VirtualizerHandle | null>): Older {
  return useMemo(() => {
    let isBusy = false;
    const near = (offset: number) => {
      if (isBusy || offset >= loadOlderPx || !model.state.value.hasOlder) return;
      isBusy = true;
      const before = model.state.value.messages.length;
      void model.loadOlder().then(() => setTimeout(settled, settleMs, before));
    };
    const settled = (before: number) => {
      isBusy = false;
      // A page that could not be had is asked for again when the person scrolls again, not by itself.
      if (list.current !== null && model.state.value.messages.length > before) near(list.current.scrollOffset);
    };
    return { near };
  }, [model, list]);
}
