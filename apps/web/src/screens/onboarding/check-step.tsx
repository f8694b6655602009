/** Three words of the phrase are asked for, once. */
import { type FormEvent, useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import { codeOf } from "../../app/failures.ts";
import { Button } from "../../parts/button.tsx";
import { Field } from "../../parts/field.tsx";

const askedWords = 3;

export function CheckStep({ wordCount, onBack }: { readonly wordCount: number; onBack(): void }) {
  const text = useText();
  const model = useModel();
  const [positions] = useState(() => pickPositions(wordCount));
  const [words, setWords] = useState<Readonly<Record<number, string>>>({});
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    try {
      await model.client.confirmRecovery(
        positions.map((position) => ({ position, word: (words[position] ?? "").trim().toLowerCase() })),
      );
      await model.refresh();
    } catch (failure) {
      setError(codeOf(failure));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void confirm();
  };
  return (
    <main className="sheet">
      <h1>{text.check.title}</h1>
      <p className="lead">{text.check.lead}</p>
      <form onSubmit={submit}>
        {positions.map((position, index) => (
          <Field
            key={position}
            label={text.check.word(position + 1)}
            value={words[position] ?? ""}
            autoFocus={index === 0}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => {
              setWords({ ...words, [position]: event.target.value });
              setError(undefined);
            }}
          />
        ))}
        {error === undefined ? null : (
          <p className="field-note" data-error="true" role="alert">
            {text.failure(error)}
          </p>
        )}
        <div className="sheet-actions">
          <Button onClick={onBack}>{text.check.showAgain}</Button>
          <Button look="primary" type="submit" isBusy={isBusy}>
            {text.check.confirm}
          </Button>
        </div>
      </form>
    </main>
  );
}

/** Distinct positions in ascending order. */
function pickPositions(wordCount: number): readonly number[] {
  const left = Array.from({ length: wordCount }, (_, index) => index);
  const picked = Array.from({ length: askedWords }, () => {
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    return left.splice(random % left.length, 1)[0] ?? 0;
  });
  return picked.sort((a, b) => a - b);
}
