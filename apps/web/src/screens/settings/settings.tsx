/** Settings: only what there is. */
import { useState } from "react";
import { useAppState, useModel, useText } from "../../app/context.ts";
import { ShortcutsHelp } from "../../app/shortcuts-help.tsx";
import { Avatar } from "../../parts/avatar.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { SelectField } from "../../parts/select-field.tsx";
import { SwitchField } from "../../parts/switch-field.tsx";
import { OwnName } from "./own-name.tsx";

export default function Settings() {
  const text = useText();
  const app = useModel();
  const account = useAppState((state) => state.account);
  const preferences = useAppState((state) => state.preferences);
  const [isHelpShown, setHelpShown] = useState(false);
  const { settings } = text;
  return (
    <Page title={settings.title}>
      {account == null ? null : (
        <div className="profile">
          <Avatar id={account.account} name={account.name} size="large" />
          <h2 className="profile-name">{account.name}</h2>
          <p className="muted">{new URL(account.server).host}</p>
        </div>
      )}
      {account == null ? null : (
        <Section title={settings.account}>
          <OwnName key={account.name} name={account.name} />
          <div className="lines">
            <button type="button" className="line line-button" onClick={() => app.router.go({ name: "my-link" })}>
              <Icon name="link" />
              <span className="line-title">{text.myLink.title}</span>
            </button>
            <button type="button" className="line line-button" onClick={() => app.router.go({ name: "recovery" })}>
              <Icon name="key" />
              <span className="line-title">{text.phrase.title}</span>
            </button>
          </div>
        </Section>
      )}
      <Section title={settings.appearance}>
        <SelectField
          label={settings.language}
          value={preferences.language}
          options={[
            { value: "auto", label: settings.system },
            { value: "en", label: "English" },
            { value: "fr", label: "Français" },
          ]}
          onChange={(language) => void app.setPreferences({ language })}
        />
        <SelectField
          label={settings.theme}
          value={preferences.theme}
          options={[
            { value: "auto", label: settings.system },
            { value: "light", label: settings.light },
            { value: "dark", label: settings.dark },
          ]}
          onChange={(theme) => void app.setPreferences({ theme })}
        />
      </Section>
      <Section title={settings.privacy}>
        <SwitchField
          label={settings.receipts}
          hint={settings.receiptsHint}
          isOn={preferences.sendReadReceipts}
          onChange={(sendReadReceipts) => void app.setPreferences({ sendReadReceipts })}
        />
      </Section>
      <Section>
        <button type="button" className="line line-button" onClick={() => setHelpShown(true)}>
          <Icon name="keyboard" />
          <span className="line-title">{text.shortcuts.title}</span>
        </button>
      </Section>
      {isHelpShown ? <ShortcutsHelp onClose={() => setHelpShown(false)} /> : null}
    </Page>
  );
}
