/** A link was opened by somebody who has an account: what it will do, and a button that does it. */
import type { LinkView } from "@rempart/client";
import { useEffect, useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import { codeOf } from "../../app/failures.ts";
import { Button } from "../../parts/button.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { groupsOf } from "../info/contact-sections.tsx";

export default function AddContact({ link }: { readonly link: string }) {
  const text = useText();
  const app = useModel();
  const [view, setView] = useState<LinkView>();
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    app.client.inspectLink(link).then(setView, (failure: unknown) => setError(codeOf(failure)));
  }, [app, link]);
  const add = async () => {
    setBusy(true);
    try {
      const { chat } = await app.client.addContact(link);
      app.router.replace({ name: "chat", chat });
    } catch (failure) {
      setError(codeOf(failure));
      setBusy(false);
    }
  };
  const hasOwner = view?.account !== undefined;
  // A spent invitation still says who made it, and that is all an account needs of it.
  const shown = error ?? (view !== undefined && !hasOwner ? "ERR_LINK_WITHOUT_CONTACT" : undefined);
  return (
    <Page title={text.addContact.title}>
      <Section>
        <p>{text.addContact.lead}</p>
        {view?.account === undefined ? null : (
          <>
            {view.name === undefined ? null : <h2 className="link-owner">{view.name}</h2>}
            <p className="field-note">{text.contact.key}</p>
            <p className="account-key" translate="no">
              {groupsOf(view.account)}
            </p>
          </>
        )}
        {shown === undefined ? null : (
          <p className="field-note" data-error="true" role="alert">
            {text.failure(shown)}
          </p>
        )}
      </Section>
      <div className="sheet-actions">
        <Button onClick={() => app.router.back()}>{text.cancel}</Button>
        <Button look="primary" disabled={!hasOwner} isBusy={isBusy} onClick={() => void add()}>
          {text.addContact.add}
        </Button>
      </div>
    </Page>
  );
}
