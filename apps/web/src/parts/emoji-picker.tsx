/** A grid of emoji in a popover. Arrow keys walk through it. */
import { type KeyboardEvent, useRef } from "react";
import { emoji } from "./emoji.ts";
import { type Point, useOpened } from "./menu.tsx";

export interface EmojiPickerProps {
  readonly label: string;
  readonly at: Point;
  onPick(emoji: string): void;
  onClose(): void;
}

const columns = 8;
const steps: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowLeft: -1,
  ArrowDown: columns,
  ArrowUp: -columns,
};

export function EmojiPicker({ label, at, onPick, onClose }: EmojiPickerProps) {
  const ref = useRef<HTMLDivElement>(null);
  useOpened(ref, at, onClose);
  const move = (event: KeyboardEvent<HTMLElement>) => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const items = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
    items[items.indexOf(document.activeElement as HTMLElement) + step]?.focus();
  };
  return (
    <div
      ref={ref}
      className="menu emoji-picker"
      role="menu"
      aria-label={label}
      popover="auto"
      tabIndex={-1}
      onKeyDown={move}
    >
      {emoji.map((each) => (
        <button
          key={each}
          type="button"
          role="menuitem"
          className="emoji-button"
          tabIndex={-1}
          onClick={() => {
            onClose();
            onPick(each);
          }}
        >
          {each}
        </button>
      ))}
    </div>
  );
}
