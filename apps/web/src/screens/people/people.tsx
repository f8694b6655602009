/** Whom to write to: contacts, and the ways to get more of them. */
import type { ContactView } from "@rempart/client";
import { type FormEvent, useMemo, useState } from "react";
import { useAppState, useModel, useText } from "../../app/context.ts";
import type { Route } from "../../app/route.ts";
import { Button } from "../../parts/button.tsx";
import { Field } from "../../parts/field.tsx";
import { Icon, type IconName } from "../../parts/icon.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { ContactLine } from "./contact-line.tsx";

export default function People() {
  const text = useText();
  const app = useModel();
  const contacts = useAppState((state) => state.contacts);
  const sorted = useMemo(() => contacts.toSorted((a, b) => a.name.localeCompare(b.name)), [contacts]);
  const open = ({ chat }: ContactView) => {
    if (chat !== undefined) app.router.replace({ name: "chat", chat });
  };
  return (
    <Page title={text.people.title}>
      <Section>
        <div className="lines">
          <Action icon="people" label={text.newGroup.title} route={{ name: "new-group" }} />
          <Action icon="ticket" label={text.invites.title} route={{ name: "invites" }} />
          <Action icon="link" label={text.myLink.title} route={{ name: "my-link" }} />
        </div>
      </Section>
      <PasteLink />
      <Section title={text.people.contacts}>
        {sorted.length === 0 ? <p className="muted">{text.people.none}</p> : null}
        <div className="lines">
          {sorted.map((contact) => (
            <ContactLine key={contact.contact} contact={contact} onOpen={() => open(contact)} />
          ))}
        </div>
      </Section>
    </Page>
  );
}

function Action({ icon, label, route }: { readonly icon: IconName; readonly label: string; readonly route: Route }) {
  const app = useModel();
  return (
    <button type="button" className="line line-button" onClick={() => app.router.go(route)}>
      <span className="line-icon">
        <Icon name={icon} />
      </span>
      <span className="line-title">{label}</span>
    </button>
  );
}

function PasteLink() {
  const text = useText();
  const app = useModel();
  const [link, setLink] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (link.trim() !== "") app.router.go({ name: "add-contact", link: link.trim() });
  };
  return (
    <Section title={text.people.addByLink}>
      <form className="inline-form" onSubmit={submit}>
        <Field
          label={text.people.link}
          value={link}
          placeholder={`${location.origin}/c#…`}
          autoComplete="off"
          spellCheck={false}
          inputMode="url"
          onChange={(event) => setLink(event.target.value)}
        />
        <Button type="submit">{text.next}</Button>
      </form>
    </Section>
  );
}
