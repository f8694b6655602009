/** A new group: a name and its first members. */
import { type FormEvent, useState } from "react";
import { useAppState, useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";
import { Field } from "../../parts/field.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { nameLengthMax } from "../name-length.ts";
import { ContactChoices } from "./contact-choices.tsx";

export default function NewGroup() {
  const text = useText();
  const app = useModel();
  const contacts = useAppState((state) => state.contacts);
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "") return setError(text.failure("ERR_NAME_EMPTY"));
    setBusy(true);
    const made = await app.attempt(() => app.client.createGroup({ name: name.trim(), contacts: [...chosen] }));
    setBusy(false);
    if (made !== undefined) app.router.replace({ name: "chat", chat: made.chat });
  };
  return (
    <Page title={text.newGroup.title}>
      <form onSubmit={(event) => void submit(event)}>
        <Section>
          <Field
            label={text.group.name}
            value={name}
            maxLength={nameLengthMax}
            error={error}
            onChange={(event) => {
              setName(event.target.value);
              setError(undefined);
            }}
          />
        </Section>
        <Section title={text.newGroup.members(chosen.size)}>
          <ContactChoices contacts={contacts} chosen={chosen} onChange={setChosen} />
        </Section>
        <Button look="primary" type="submit" isBusy={isBusy}>
          {text.newGroup.create}
        </Button>
      </form>
    </Page>
  );
}
