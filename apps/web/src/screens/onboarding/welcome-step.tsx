/** No account and no usable link: what Rempart is, and where to paste an invitation. */
import { type FormEvent, useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";
import { Field } from "../../parts/field.tsx";
import { Logo } from "../../parts/logo.tsx";

export function WelcomeStep({ error }: { readonly error?: string }) {
  const text = useText();
  const model = useModel();
  const [link, setLink] = useState("");
  const [isEmpty, setEmpty] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setEmpty(link.trim() === "");
    if (link.trim() !== "") model.takeLink(link.trim());
  };
  const shown = isEmpty ? text.failure("ERR_LINK_EMPTY") : error === undefined ? undefined : text.failure(error);
  return (
    <main className="sheet">
      <Logo size={88} />
      <h1>{text.welcome.title}</h1>
      <p className="lead">{text.welcome.lead}</p>
      <form onSubmit={submit}>
        <Field
          label={text.welcome.linkLabel}
          hint={text.welcome.linkHint}
          error={shown}
          value={link}
          placeholder={`${location.origin}/i#…`}
          autoComplete="off"
          spellCheck={false}
          inputMode="url"
          onChange={(event) => {
            setLink(event.target.value);
            setEmpty(false);
          }}
        />
        <Button look="primary" type="submit">
          {text.next}
        </Button>
      </form>
    </main>
  );
}
