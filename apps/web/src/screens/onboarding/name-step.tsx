/** A name, and the account is made. */
import { type FormEvent, useState } from "react";
import { useAppState, useModel, useText } from "../../app/context.ts";
import { codeOf } from "../../app/failures.ts";
import { Avatar } from "../../parts/avatar.tsx";
import { Button } from "../../parts/button.tsx";
import { Field } from "../../parts/field.tsx";
import { nameLengthMax } from "../name-length.ts";

interface NameStepProps {
  readonly invite: string;
  /** What the one who invites is called, if the link says so. */
  readonly invitedBy: string | undefined;
}

export function NameStep({ invite, invitedBy }: NameStepProps) {
  const text = useText();
  const model = useModel();
  const [name, setName] = useState("");
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const isInLine = useAppState((state) => state.connection.why !== undefined);
  const create = async () => {
    setBusy(true);
    try {
      await model.client.createAccount({ invite, name: name.trim() });
      model.takeLink(undefined);
      await model.refresh();
    } catch (failure) {
      setError(codeOf(failure));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "") setError("ERR_NAME_EMPTY");
    else void create();
  };
  return (
    <main className="sheet">
      <Avatar id={name.trim() === "" ? "?" : name} name={name.trim() === "" ? "?" : name} size="large" />
      <h1>{text.name.title}</h1>
      {invitedBy === undefined ? null : <p className="lead">{text.name.invitedBy(invitedBy)}</p>}
      <p className="lead">{text.name.lead}</p>
      <form onSubmit={submit}>
        <Field
          label={text.name.label}
          hint={text.name.hint}
          error={error === undefined ? undefined : text.failure(error)}
          value={name}
          maxLength={nameLengthMax}
          autoComplete="nickname"
          autoFocus
          onChange={(event) => {
            setName(event.target.value);
            setError(undefined);
          }}
        />
        <Button look="primary" type="submit" isBusy={isBusy}>
          {isBusy ? (isInLine ? text.name.waiting : text.name.creating) : text.name.create}
        </Button>
      </form>
    </main>
  );
}
