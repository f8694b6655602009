/** Contacts who are not in a group yet, to be added to it. */
import { useMemo, useState } from "react";
import { useAppState, useModel, useText } from "../../app/context.ts";
import { useStore } from "../../app/store.ts";
import { Button } from "../../parts/button.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { ContactChoices } from "./contact-choices.tsx";

export default function AddMembers({ chat }: { readonly chat: string }) {
  const text = useText();
  const app = useModel();
  const model = useMemo(() => app.conversation(chat), [app, chat]);
  const members = useStore(model.state, (state) => state.detail?.members);
  const contacts = useAppState((state) => state.contacts);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isBusy, setBusy] = useState(false);
  const offered = useMemo(() => {
    const inGroup = new Set(members?.map((member) => member.account));
    return contacts.filter((contact) => !inGroup.has(contact.contact));
  }, [contacts, members]);
  const add = async () => {
    setBusy(true);
    const isDone = await app.attempt(async () => {
      await app.client.addMembers({ chat, contacts: [...chosen] });
      return true;
    });
    setBusy(false);
    if (isDone === true) app.router.back();
  };
  return (
    <Page title={text.group.add}>
      <Section>
        <ContactChoices contacts={offered} chosen={chosen} onChange={setChosen} />
      </Section>
      <Button look="primary" disabled={chosen.size === 0} isBusy={isBusy} onClick={() => void add()}>
        {text.newGroup.add(chosen.size)}
      </Button>
    </Page>
  );
}
