/** The notes at the bottom of the screen. */
import { Button, IconButton } from "../parts/button.tsx";
import { useModel, useText } from "./context.ts";
import { useStore } from "./store.ts";
import type { Toast } from "./toasts.ts";

export function ToastList() {
  const { toasts } = useModel();
  const list = useStore(toasts.list, (value) => value);
  return (
    <div className="toasts" role="status">
      {list.map((toast) => (
        <ToastView key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastView({ toast }: { readonly toast: Toast }) {
  const text = useText();
  const { toasts } = useModel();
  return (
    <div className="toast" data-kind={toast.kind}>
      <span>{toast.kind === "error" ? text.failure(toast.code) : text.notes[toast.note]}</span>
      {toast.kind === "undo" ? (
        <Button
          look="quiet"
          onClick={() => {
            toasts.dismiss(toast.id);
            toast.undo();
          }}
        >
          {text.undo}
        </Button>
      ) : (
        <IconButton icon="close" label={text.close} onClick={() => toasts.dismiss(toast.id)} />
      )}
    </div>
  );
}
