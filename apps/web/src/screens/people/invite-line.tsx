/** One invitation that was made. */
import type { InviteView } from "@rempart/client";
import { useFormats, useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";

export interface InviteLineProps {
  readonly invite: InviteView;
  onShow(): void;
  onRevoked(): void;
}

export function InviteLine({ invite, onShow, onRevoked }: InviteLineProps) {
  const text = useText();
  const formats = useFormats();
  const app = useModel();
  const hasExpired = invite.expiresAt < Date.now();
  const revoke = async () => {
    await app.client.revokeInvite(invite.id);
    onRevoked();
  };
  return (
    <li className="line">
      <span className="line-text">
        <span className="line-title">{text.invites.people(invite.uses)}</span>
        <span className="line-note">
          {invite.revoked
            ? text.invites.revoked
            : hasExpired
              ? text.invites.expired
              : text.invites.until(formats.date(invite.expiresAt))}
        </span>
      </span>
      {invite.revoked || hasExpired ? null : (
        <>
          <Button onClick={onShow}>{text.invites.show}</Button>
          <Button look="danger" onClick={() => void app.attempt(revoke)}>
            {text.invites.revoke}
          </Button>
        </>
      )}
    </li>
  );
}
