/** The languages there are, and which one to speak. */
import type { PreferencesView } from "@rempart/client";
import type { Language } from "../app/context.ts";
import { en } from "./en.ts";
import { formatsOf } from "./formats.ts";
import { fr } from "./fr.ts";

const languages = {
  en: { tag: "en", text: en, formats: formatsOf("en") },
  fr: { tag: "fr", text: fr, formats: formatsOf("fr") },
} as const satisfies Readonly<Record<string, Language>>;

export type LanguageTag = keyof typeof languages;

/** What was chosen, or the first language of the browser that there is a catalogue for. */
export function resolveLanguage(chosen: PreferencesView["language"]): LanguageTag {
  if (chosen !== "auto") return chosen;
  const known = navigator.languages
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag) => Object.hasOwn(languages, tag));
  return (known as LanguageTag | undefined) ?? "en";
}

export function languageOf(tag: LanguageTag): Language {
  return languages[tag];
}
