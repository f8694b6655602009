/** The list of keys, on "?". */
import { Dialog } from "../parts/dialog.tsx";
import { useText } from "./context.ts";

export function ShortcutsHelp({ onClose }: { onClose(): void }) {
  const text = useText();
  const { keys, actions } = text.shortcuts;
  const rows: readonly (readonly [string, string])[] = [
    ["?", actions.help],
    [`/ · ${keys.control} K`, actions.search],
    ["N", actions.newChat],
    [`${keys.alt} ↑ ↓`, actions.neighbour],
    [keys.escape, actions.back],
    [keys.enter, actions.send],
    [`${keys.shift} ${keys.enter}`, actions.newLine],
    ["↑", actions.editLast],
    [`${keys.control} ↑`, actions.selectMessages],
    ["R · E · C", actions.messageActions],
    [keys.delete, actions.deleteMessage],
    [keys.enter, actions.messageMenu],
  ];
  return (
    <Dialog title={text.shortcuts.title} onClose={onClose}>
      <dl className="shortcuts">
        {rows.map(([key, action]) => (
          <div key={action}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{action}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
