/** Arrow keys in a list whose rows are buttons. */
import type { KeyboardEvent } from "react";

/** Focuses the row at `target` of those that match `selector` in the document. */
export function moveInList(event: KeyboardEvent, selector: string, target: number): void {
  const rows = document.querySelectorAll<HTMLElement>(selector);
  const row = rows[Math.max(0, Math.min(rows.length - 1, target))];
  if (row === undefined) return;
  event.preventDefault();
  row.focus();
}

/** Where the focus goes from the row that has it; `undefined` for keys that do not move. */
export function targetOf(event: KeyboardEvent, selector: string): number | undefined {
  const rows = [...document.querySelectorAll<HTMLElement>(selector)];
  const at = rows.indexOf(event.currentTarget as HTMLElement);
  switch (event.key) {
    case "ArrowDown":
      return at + 1;
    case "ArrowUp":
      return at - 1;
    case "Home":
      return 0;
    case "End":
      return rows.length - 1;
    default:
      return undefined;
  }
}
