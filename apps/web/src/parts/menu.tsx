/** A menu at a point of the screen: arrows move, Escape and a click elsewhere close it. */
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef } from "react";
import { Icon, type IconName } from "./icon.tsx";

export interface MenuItem {
  readonly label: string;
  readonly icon: IconName;
  readonly isDangerous?: boolean;
  run(): void;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface MenuProps {
  readonly label: string;
  readonly at: Point;
  readonly items: readonly MenuItem[];
  /** Shown above the items, e.g. a row of emoji; its buttons are menu items too. */
  readonly header?: ReactNode;
  onClose(): void;
}

const marginPx = 8;

export function Menu({ label, at, items, header, onClose }: MenuProps) {
  const ref = useRef<HTMLDivElement>(null);
  useOpened(ref, at, onClose);
  return (
    <div ref={ref} className="menu" role="menu" aria-label={label} popover="auto" tabIndex={-1} onKeyDown={moveFocus}>
      {header}
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          className="menu-item"
          data-dangerous={item.isDangerous === true}
          tabIndex={-1}
          onClick={() => {
            onClose();
            item.run();
          }}
        >
          <Icon name={item.icon} size={18} />
          {item.label}
        </button>
      ))}
    </div>
  );
}

/** Opens the element as a popover at a point, inside the screen, and gives the focus back when it closes. */
export function useOpened(ref: React.RefObject<HTMLElement | null>, at: Point, onClose: () => void): void {
  const closeRef = useRef(onClose);
  closeRef.current = onClose;
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const previous = document.activeElement;
    element.showPopover();
    place(element, at);
    (element.querySelector<HTMLElement>("[role=menuitem], input, button") ?? element).focus({ preventScroll: true });
    return () => {
      if (element.matches(":popover-open")) element.hidePopover();
      if (previous instanceof HTMLElement && previous.isConnected) previous.focus({ preventScroll: true });
    };
  }, [ref, at]);
  useEffect(() => {
    const element = ref.current;
    const toggled = (event: Event) => {
      if ((event as ToggleEvent).newState === "closed") closeRef.current();
    };
    element?.addEventListener("toggle", toggled);
    return () => element?.removeEventListener("toggle", toggled);
  }, [ref]);
}

function place(element: HTMLElement, at: Point): void {
  const { width, height } = element.getBoundingClientRect();
  const left = Math.max(marginPx, Math.min(at.x, innerWidth - width - marginPx));
  const fitsBelow = at.y + height + marginPx <= innerHeight;
  const top = Math.max(marginPx, fitsBelow ? at.y : Math.min(at.y - height, innerHeight - height - marginPx));
  element.style.left = `${left}px`;
  element.style.top = `${top}px`;
}

const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=menuitem]")];
  const step = steps[event.key];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const target =
    event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : step === undefined ? undefined : at + step;
  if (event.key === "Tab") event.preventDefault();
  if (target === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  items[(target + items.length) % items.length]?.focus();
}
