/** Twelve numbered words, and a copy button that says what copying risks. */
import { useText } from "../../app/context.ts";
import { CopyButton } from "../../parts/copy-button.tsx";

export function PhraseWords({ words }: { readonly words: readonly string[] }) {
  const text = useText();
  return (
    <>
      <ol className="phrase" aria-label={text.phrase.title}>
        {words.map((word, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a word may occur twice, and positions never change.
          <li key={index}>
            <span translate="no">{word}</span>
          </li>
        ))}
      </ol>
      <div className="phrase-copy">
        <CopyButton value={words.join(" ")} label={text.phrase.copy} />
        <p className="field-note">{text.phrase.copyWarning}</p>
      </div>
    </>
  );
}
