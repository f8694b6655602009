/** The name that others see. */
import { type FormEvent, useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";
import { Field } from "../../parts/field.tsx";
import { nameLengthMax } from "../name-length.ts";

export function OwnName({ name }: { readonly name: string }) {
  const text = useText();
  const app = useModel();
  const [value, setValue] = useState(name);
  const isChanged = value.trim() !== name && value.trim() !== "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isChanged) void app.attempt(() => app.client.rename(value.trim()));
  };
  return (
    <form className="inline-form" onSubmit={submit}>
      <Field
        label={text.name.label}
        value={value}
        maxLength={nameLengthMax}
        autoComplete="nickname"
        onChange={(event) => setValue(event.target.value)}
      />
      <Button type="submit" disabled={!isChanged}>
        {text.save}
      </Button>
    </form>
  );
}
