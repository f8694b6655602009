/** The recovery phrase, to be written down. */
import { useEffect, useRef } from "react";
import { useText } from "../../app/context.ts";
import { Button } from "../../parts/button.tsx";
import { PhraseWords } from "./phrase-words.tsx";

export function PhraseStep({ words, onNext }: { readonly words: readonly string[]; onNext(): void }) {
  const text = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <main className="sheet sheet-wide">
      <h1 ref={heading} tabIndex={-1}>
        {text.phrase.title}
      </h1>
      <p className="lead">{text.phrase.lead}</p>
      <PhraseWords words={words} />
      <div className="sheet-actions">
        <Button look="primary" onClick={onNext}>
          {text.phrase.written}
        </Button>
      </div>
    </main>
  );
}
