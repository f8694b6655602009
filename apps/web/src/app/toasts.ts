/** Short notes at the edge of the screen: failures, confirmations, and what can still be undone. */
import { Store } from "./store.ts";

export type ToastContent =
  | { readonly kind: "error"; readonly code: string }
  | { readonly kind: "note"; readonly note: "copied" | "engine-restarted" }
  | { readonly kind: "undo"; readonly note: "deleted"; undo(): void };

export type Toast = ToastContent & { readonly id: number };

const shownMs = 5_000;
const toastsMax = 3;

export class Toasts {
  readonly list = new Store<readonly Toast[]>([]);
  #lastId = 0;

  add(content: ToastContent): number {
    const id = ++this.#lastId;
    this.list.set([...this.list.value, { ...content, id }].slice(-toastsMax));
    setTimeout(() => this.dismiss(id), shownMs);
    return id;
  }

  dismiss(id: number): void {
    if (this.list.value.some((toast) => toast.id === id)) {
      this.list.set(this.list.value.filter((toast) => toast.id !== id));
    }
  }
}
