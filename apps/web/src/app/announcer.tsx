/** Reads new messages and confirmations to screen readers. */
import { useAppState } from "./context.ts";

export function Announcer() {
  const announcement = useAppState((state) => state.announcement);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {announcement}
    </div>
  );
}
