/** Invitations: making one, handing it on, and taking back those that are out. */
import type { InviteView } from "@rempart/client";
import { useCallback, useEffect, useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import { Page, Section } from "../../parts/page.tsx";
import { InviteForm } from "./invite-form.tsx";
import { InviteLine } from "./invite-line.tsx";
import { LinkCard } from "./link-card.tsx";

export default function Invites() {
  const text = useText();
  const app = useModel();
  const [invites, setInvites] = useState<readonly InviteView[]>();
  const [shown, setShown] = useState<string>();
  const load = useCallback(() => app.attempt(async () => setInvites(await app.client.invites())), [app]);
  useEffect(() => void load(), [load]);
  const current = invites?.find((invite) => invite.id === shown);
  return (
    <Page title={text.invites.title}>
      <Section>
        <p>{text.invites.lead}</p>
        <InviteForm
          onMade={(invite) => {
            setInvites((before) => [invite, ...(before ?? []).filter((each) => each.id !== invite.id)]);
            setShown(invite.id);
          }}
        />
      </Section>
      {current === undefined || current.revoked ? null : (
        <Section>
          <LinkCard link={current.invite} label={text.invites.link} />
        </Section>
      )}
      {invites === undefined || invites.length === 0 ? null : (
        <Section title={text.invites.list}>
          <ul className="lines">
            {invites.map((invite) => (
              <InviteLine
                key={invite.id}
                invite={invite}
                onShow={() => setShown(invite.id)}
                onRevoked={() => void load()}
              />
            ))}
          </ul>
        </Section>
      )}
    </Page>
  );
}
