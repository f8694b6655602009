/** Contacts to choose from, with a field that narrows them down. */
import type { ContactView } from "@rempart/client";
import { useMemo, useState } from "react";
import { useText } from "../../app/context.ts";
import { Field } from "../../parts/field.tsx";
import { fold } from "../chat-list/filter-chats.ts";
import { ContactChoice } from "./contact-line.tsx";

export interface ContactChoicesProps {
  readonly contacts: readonly ContactView[];
  readonly chosen: ReadonlySet<string>;
  onChange(chosen: ReadonlySet<string>): void;
}

/** Fewer fit on a screen and need no search. */
const searchFrom = 8;

export function ContactChoices({ contacts, chosen, onChange }: ContactChoicesProps) {
  const text = useText();
  const [filter, setFilter] = useState("");
  const shown = useMemo(
    () =>
      contacts
        .filter((contact) => fold(contact.name).includes(fold(filter.trim())))
        .toSorted((a, b) => a.name.localeCompare(b.name)),
    [contacts, filter],
  );
  const change = (contact: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(contact);
    else next.delete(contact);
    onChange(next);
  };
  if (contacts.length === 0) return <p className="muted">{text.people.none}</p>;
  return (
    <>
      {contacts.length < searchFrom ? null : (
        <Field label={text.search} type="search" value={filter} onChange={(event) => setFilter(event.target.value)} />
      )}
      <div className="lines">
        {shown.map((contact) => (
          <ContactChoice
            key={contact.contact}
            contact={contact}
            isChosen={chosen.has(contact.contact)}
            onChange={(isChosen) => change(contact.contact, isChosen)}
          />
        ))}
      </div>
    </>
  );
}
