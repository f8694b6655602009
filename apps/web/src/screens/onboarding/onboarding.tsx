/** The first steps: an invitation, a name, the recovery phrase, and a check that it was written down. */
import type { LinkView } from "@rempart/client";
import { useEffect, useState } from "react";
import { useAppState, useModel } from "../../app/context.ts";
import { codeOf } from "../../app/failures.ts";
import { WaitingLine } from "../../parts/waiting-line.tsx";
import { CheckStep } from "./check-step.tsx";
import { NameStep } from "./name-step.tsx";
import { PhraseStep } from "./phrase-step.tsx";
import { WelcomeStep } from "./welcome-step.tsx";

export default function Onboarding() {
  const account = useAppState((state) => state.account);
  const connection = useAppState((state) => state.connection);
  return (
    <div className="onboarding">
      {connection.why === undefined ? null : (
        <header>
          <WaitingLine connection={connection} />
        </header>
      )}
      {account === null ? <BeforeAccount /> : <AfterAccount />}
    </div>
  );
}

type Inspected = { readonly link: string } & (
  | { readonly view: LinkView; readonly error?: undefined }
  | { readonly error: string; readonly view?: undefined }
);

function BeforeAccount() {
  const model = useModel();
  const link = useAppState((state) => state.link);
  const [inspected, setInspected] = useState<Inspected>();
  useEffect(() => {
    if (link === undefined) return;
    let isCurrent = true;
    const show = (result: Inspected) => {
      if (isCurrent) setInspected(result);
    };
    // This page may only talk to the server that it came from.
    if (URL.canParse(link) && new URL(link).origin !== location.origin) {
      show({ link, error: "ERR_OTHER_ORIGIN" });
      return;
    }
    model.client.inspectLink(link).then(
      (view) => show({ link, view }),
      (error: unknown) => show({ link, error: codeOf(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [model, link]);
  if (link === undefined) return <WelcomeStep />;
  if (inspected?.link !== link) return <div className="splash" />;
  const error = inspected.error ?? inspected.view.error;
  if (error !== undefined) return <WelcomeStep error={error} />;
  if (inspected.view?.kind === "contact") return <WelcomeStep error="ERR_CONTACT_LINK" />;
  return <NameStep invite={link} invitedBy={inspected.view?.name} />;
}

function AfterAccount() {
  const model = useModel();
  const [phrase, setPhrase] = useState<string>();
  const [isChecking, setChecking] = useState(false);
  useEffect(() => {
    void model.attempt(async () => setPhrase(await model.client.recoveryPhrase()));
  }, [model]);
  if (phrase === undefined) return <div className="splash" />;
  const words = phrase.split(" ");
  if (!isChecking) return <PhraseStep words={words} onNext={() => setChecking(true)} />;
  return <CheckStep wordCount={words.length} onBack={() => setChecking(false)} />;
}
