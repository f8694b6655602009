/** Who may do what in a group. */
import type { ChatDetailView, PermissionsView } from "@rempart/client";
import { useModel, useText } from "../../app/context.ts";
import { Section } from "../../parts/page.tsx";
import { SelectField } from "../../parts/select-field.tsx";
import { roles } from "./may-do.ts";

const names: readonly (keyof PermissionsView)[] = ["send", "addMembers", "removeMembers", "changeInfo"];

export function Permissions({ detail, canChange }: { readonly detail: ChatDetailView; readonly canChange: boolean }) {
  const text = useText();
  const app = useModel();
  const { chat, permissions } = detail;
  return (
    <Section title={text.permissions.title}>
      {names.map((name) => (
        <SelectField
          key={name}
          label={text.permissions[name]}
          value={permissions[name]}
          isDisabled={!canChange}
          options={roles.map((role) => ({ value: role, label: text.permissions.levels[role] }))}
          onChange={(role) =>
            void app.attempt(() => app.client.setPermissions({ chat, permissions: { ...permissions, [name]: role } }))
          }
        />
      ))}
    </Section>
  );
}
