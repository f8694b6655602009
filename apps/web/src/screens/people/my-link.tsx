/** One's own contact link. */
import { useEffect, useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import { Page, Section } from "../../parts/page.tsx";
import { LinkCard } from "./link-card.tsx";

export default function MyLink() {
  const text = useText();
  const app = useModel();
  const [link, setLink] = useState<string>();
  useEffect(() => {
    void app.attempt(async () => setLink(await app.client.contactLink()));
  }, [app]);
  return (
    <Page title={text.myLink.title}>
      <Section>
        <p>{text.myLink.lead}</p>
        {link === undefined ? (
          <div className="qr" aria-busy="true" />
        ) : (
          <LinkCard link={link} label={text.myLink.title} />
        )}
      </Section>
    </Page>
  );
}
