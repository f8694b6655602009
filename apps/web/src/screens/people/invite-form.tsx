/** The limits of a new invitation. */
import type { InviteView } from "@rempart/client";
import { type FormEvent, useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";
import { SelectField } from "../../parts/select-field.tsx";

const dayMs = 86_400_000;
const uses = ["1", "5", "25", "100"] as const;
const days = ["1", "7", "30", "365"] as const;

export function InviteForm({ onMade }: { onMade(invite: InviteView): void }) {
  const text = useText();
  const app = useModel();
  const [usesMax, setUsesMax] = useState<string>("1");
  const [lifetime, setLifetime] = useState<string>("7");
  const [isBusy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    const invite = await app.attempt(() =>
      app.client.createInvite({ uses: Number(usesMax), expiresInMs: Number(lifetime) * dayMs }),
    );
    setBusy(false);
    if (invite !== undefined) onMade(invite);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void make();
  };
  return (
    <form onSubmit={submit}>
      <SelectField
        label={text.invites.uses}
        value={usesMax}
        options={uses.map((value) => ({ value, label: text.invites.people(Number(value)) }))}
        onChange={setUsesMax}
      />
      <SelectField
        label={text.invites.expires}
        value={lifetime}
        options={days.map((value) => ({ value, label: text.invites.days(Number(value)) }))}
        onChange={setLifetime}
      />
      <Button look="primary" icon="ticket" type="submit" isBusy={isBusy}>
        {text.invites.create}
      </Button>
    </form>
  );
}
