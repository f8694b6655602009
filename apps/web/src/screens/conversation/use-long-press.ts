/** A finger that rests on something: the touch screen's right click, where the browser has none of its own. */
import { type TouchEvent, useEffect, useRef } from "react";

const pressMs = 450;
const moveMaxPx = 10;

export interface LongPressHandlers {
  onTouchStart(event: TouchEvent): void;
  onTouchMove(event: TouchEvent): void;
  onTouchEnd(event: TouchEvent): void;
  onTouchCancel(): void;
}

export function useLongPress(onPress: (x: number, y: number) => void): LongPressHandlers {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const start = useRef({ x: 0, y: 0 });
  const hasPressed = useRef(false);
  const stop = () => clearTimeout(timer.current);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    onTouchStart(event) {
      const touch = event.touches[0];
      stop();
      hasPressed.current = false;
      if (touch === undefined || event.touches.length > 1) return;
      start.current = { x: touch.clientX, y: touch.clientY };
      timer.current = setTimeout(() => {
        hasPressed.current = true;
        onPress(touch.clientX, touch.clientY);
      }, pressMs);
    },
    onTouchMove(event) {
      const touch = event.touches[0];
      if (touch === undefined) return;
      const moved = Math.hypot(touch.clientX - start.current.x, touch.clientY - start.current.y);
      if (moved > moveMaxPx) stop();
    },
    onTouchEnd(event) {
      stop();
      // The finger that opened the menu must not click what is under it.
      if (hasPressed.current) event.preventDefault();
    },
    onTouchCancel: stop,
  };
}
