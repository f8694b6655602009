/** Every catalogue has the entries of the English one, each of the same kind: TypeScript checks that none is missing. */
import type { en } from "./en.ts";

type Same<T> = T extends string
  ? string
  : T extends (...args: infer Args) => infer Result
    ? (...args: Args) => Result
    : { readonly [Key in keyof T]: Same<T[Key]> };

export type Catalogue = Same<typeof en>;

/** Forms of a plural in languages that tell one from many; `#` stands for the number. */
export interface PluralForms {
  readonly one: string;
  readonly other: string;
}

/** A function that writes a number with the right form, by the rules of Unicode's CLDR. */
export function pluralsOf(language: string): (count: number, forms: PluralForms) => string {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return (count, forms) => {
    const form = rules.select(count) === "one" ? forms.one : forms.other;
    return form.replace("#", numbers.format(count));
  };
}
