/** How components reach the model and the words of the person's language. */
import { createContext, useContext } from "react";
import type { Catalogue } from "../i18n/catalogue.ts";
import type { Formats } from "../i18n/formats.ts";
import type { AppModel, AppState } from "./model.ts";
import type { Route } from "./route.ts";
import { useStore } from "./store.ts";

export interface Language {
  readonly tag: "en" | "fr";
  readonly text: Catalogue;
  readonly formats: Formats;
}

export const ModelContext = createContext<AppModel | undefined>(undefined);
export const LanguageContext = createContext<Language | undefined>(undefined);

export function useModel(): AppModel {
  const model = useContext(ModelContext);
  if (model === undefined) throw new Error("no model above this component");
  return model;
}

export function useAppState<R>(select: (state: AppState) => R): R {
  return useStore(useModel().state, select);
}

export function useRoute(): Route {
  return useStore(useModel().router.route, (route) => route);
}

function useLanguage(): Language {
  const language = useContext(LanguageContext);
  if (language === undefined) throw new Error("no language above this component");
  return language;
}

export function useText(): Catalogue {
  return useLanguage().text;
}

export function useFormats(): Formats {
  return useLanguage().formats;
}
