/** A link to hand on: as a QR code, as text, and through the system's own share sheet where there is one. */
import { useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Qr } from "../../parts/qr.tsx";

export function LinkCard({ link, label }: { readonly link: string; readonly label: string }) {
  const text = useText();
  const app = useModel();
  const share = async () => {
    try {
      await navigator.share({ url: link });
    } catch (error) {
      // Closing the sheet without choosing is not a failure.
      if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
    }
  };
  return (
    <div className="link-card">
      <Qr value={link} label={label} />
      <input className="input" readOnly value={link} aria-label={label} onFocus={(event) => event.target.select()} />
      <div className="link-card-actions">
        <CopyButton value={link} label={text.copyLink} look="primary" />
        {"share" in navigator ? <Button onClick={() => void app.attempt(share)}>{text.share}</Button> : null}
      </div>
    </div>
  );
}
