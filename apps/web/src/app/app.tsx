/** Decides what fills the window: an explanation, the first steps, or the app itself. */
import { lazy, type ReactNode, Suspense, useEffect, useMemo } from "react";
import { languageOf, resolveLanguage } from "../i18n/languages.ts";
import { FailurePage } from "../screens/failure/failure-page.tsx";
import { Announcer } from "./announcer.tsx";
import { LanguageContext, ModelContext, useAppState } from "./context.ts";
import type { AppModel } from "./model.ts";
import { hadAccount } from "./remembered.ts";
import { Shell } from "./shell.tsx";
import { useStore } from "./store.ts";
import { ToastList } from "./toast-list.tsx";

const Onboarding = lazy(() => import("../screens/onboarding/onboarding.tsx"));

export function App({ model }: { readonly model: AppModel }) {
  const { language, theme } = useStore(model.state, (state) => state.preferences);
  const tag = resolveLanguage(language);
  const words = useMemo(() => languageOf(tag), [tag]);
  useEffect(() => {
    document.documentElement.lang = tag;
  }, [tag]);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <ModelContext value={model}>
      <LanguageContext value={words}>
        <Content />
        <ToastList />
        <Announcer />
      </LanguageContext>
    </ModelContext>
  );
}

function Content(): ReactNode {
  const engine = useAppState((state) => state.engine);
  const account = useAppState((state) => state.account);
  if (engine.phase === "failed") return <FailurePage code={engine.code} />;
  // Until the engine answers, the shell stands with its panes empty: never a blank screen.
  if (account === undefined) return hadAccount() ? <Shell /> : <div className="splash" />;
  if (account === null && hadAccount()) return <FailurePage code="ERR_STORAGE_WIPED" />;
  if (account?.recoveryConfirmed) return <Shell />;
  return (
    <Suspense fallback={<div className="splash" />}>
      <Onboarding />
    </Suspense>
  );
}
