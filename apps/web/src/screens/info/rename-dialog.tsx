/** A new name for a group. */
import { type FormEvent, useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Field } from "../../parts/field.tsx";
import { nameLengthMax } from "../name-length.ts";

export interface RenameDialogProps {
  readonly chat: string;
  readonly name: string;
  onClose(): void;
}

export function RenameDialog({ chat, name, onClose }: RenameDialogProps) {
  const text = useText();
  const app = useModel();
  const [value, setValue] = useState(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onClose();
    const trimmed = value.trim();
    if (trimmed !== name) void app.attempt(() => app.client.renameGroup({ chat, name: trimmed }));
  };
  return (
    <Dialog title={text.group.rename} onClose={onClose}>
      <form onSubmit={submit}>
        <Field
          label={text.group.name}
          value={value}
          maxLength={nameLengthMax}
          required
          autoFocus
          onChange={(event) => setValue(event.target.value)}
        />
        <footer className="dialog-actions">
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button look="primary" type="submit" disabled={value.trim() === ""}>
            {text.save}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
