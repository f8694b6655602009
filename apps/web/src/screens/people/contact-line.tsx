/** One contact, as a button or as something to tick. */
import type { ContactView } from "@rempart/client";
import { useId } from "react";
import { Avatar } from "../../parts/avatar.tsx";

/** The colour of a contact is that of the chat with them, so that they look the same everywhere. */
const avatarId = (contact: ContactView) => contact.chat ?? contact.contact;

export function ContactLine({ contact, onOpen }: { readonly contact: ContactView; onOpen(): void }) {
  return (
    <button type="button" className="line line-button" disabled={contact.chat === undefined} onClick={onOpen}>
      <Avatar id={avatarId(contact)} name={contact.name} size="small" />
      <span className="line-title">{contact.name}</span>
    </button>
  );
}

export interface ContactChoiceProps {
  readonly contact: ContactView;
  readonly isChosen: boolean;
  onChange(isChosen: boolean): void;
}

export function ContactChoice({ contact, isChosen, onChange }: ContactChoiceProps) {
  const id = useId();
  return (
    <div className="line line-button">
      <Avatar id={avatarId(contact)} name={contact.name} size="small" />
      <label className="line-title" htmlFor={id}>
        {contact.name}
      </label>
      <input
        id={id}
        type="checkbox"
        className="checkbox"
        checked={isChosen}
        onChange={(event) => onChange(event.target.checked)}
      />
    </div>
  );
}
