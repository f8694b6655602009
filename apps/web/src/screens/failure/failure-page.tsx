/** A full page for what stops the app: what has happened, that nothing else is wrong, and what to do. */
import { useModel, useText } from "../../app/context.ts";
import { forgetAccount } from "../../app/remembered.ts";
import { Button } from "../../parts/button.tsx";
import { Logo } from "../../parts/logo.tsx";

export function FailurePage({ code }: { readonly code: string }) {
  const text = useText();
  const model = useModel();
  const { title, advice } = text.pageFailure(code);
  const isWiped = code === "ERR_STORAGE_WIPED";
  const startAfresh = () => {
    forgetAccount();
    void model.attempt(() => model.refresh());
  };
  return (
    <main className="sheet">
      <Logo />
      <h1>{title}</h1>
      <p>{advice}</p>
      <p className="muted">
        <code>{code}</code>
      </p>
      <div className="sheet-actions">
        {isWiped ? (
          <Button look="primary" onClick={startAfresh}>
            {text.startAfresh}
          </Button>
        ) : (
          <Button look="primary" icon="retry" onClick={model.restart}>
            {text.tryAgain}
          </Button>
        )}
      </div>
    </main>
  );
}
