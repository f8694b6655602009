/** The recovery phrase again, shown only when asked for: somebody may be looking over one's shoulder. */
import { useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { PhraseWords } from "../onboarding/phrase-words.tsx";

export default function Recovery() {
  const text = useText();
  const app = useModel();
  const [words, setWords] = useState<readonly string[]>();
  const show = () => app.attempt(async () => setWords((await app.client.recoveryPhrase()).split(" ")));
  return (
    <Page title={text.phrase.title}>
      <Section>
        <p>{text.phrase.lead}</p>
        {words === undefined ? (
          <Button look="primary" icon="key" onClick={() => void show()}>
            {text.phrase.show}
          </Button>
        ) : (
          <PhraseWords words={words} />
        )}
      </Section>
    </Page>
  );
}
