/** One calm line about the connection; nothing at all while everything is well. */
import { useEffect, useState } from "react";
import { useAppState, useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";
import { WaitingLine } from "../../parts/waiting-line.tsx";

/** A connection that is back within this time was never worth a word. */
const quietMs = 1_200;

export function ConnectionLine() {
  const text = useText();
  const model = useModel();
  const connection = useAppState((state) => state.connection);
  const [isShown, setShown] = useState(false);
  const isOnline = connection.state === "online";
  useEffect(() => {
    if (isOnline) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), quietMs);
    return () => clearTimeout(timer);
  }, [isOnline]);
  if (!isShown || connection.state === "online") return null;
  if (connection.state === "waiting" || connection.why !== undefined) return <WaitingLine connection={connection} />;
  return (
    <div className="connection-line" role="status" data-state={connection.state}>
      <span className="connection-dot" />
      <span>
        {connection.state === "refused" ? text.failure(connection.error ?? "") : text.connection[connection.state]}
      </span>
      {connection.state === "connecting" ? null : (
        <Button look="quiet" onClick={() => void model.attempt(() => model.client.reconnect())}>
          {text.tryNow}
        </Button>
      )}
    </div>
  );
}
