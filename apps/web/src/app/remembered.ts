/**
 * The little that is kept outside the database, because it is needed before the engine answers: how the
 * page looks, and that there was an account here. Nothing secret, nothing linkable.
 */
import type { PreferencesView } from "@rempart/client";

const preferencesKey = "rempart.preferences";
const accountKey = "rempart.has-account";

export const defaultPreferences: PreferencesView = { language: "auto", theme: "auto", sendReadReceipts: true };

export function rememberedPreferences(): PreferencesView {
  const { language, theme } = parse(localStorage.getItem(preferencesKey));
  return {
    ...defaultPreferences,
    ...(language === "en" || language === "fr" ? { language } : {}),
    ...(theme === "light" || theme === "dark" ? { theme } : {}),
  };
}

export function rememberPreferences({ language, theme }: PreferencesView): void {
  localStorage.setItem(preferencesKey, JSON.stringify({ language, theme }));
}

export function rememberAccount(): void {
  localStorage.setItem(accountKey, "1");
}

export function forgetAccount(): void {
  localStorage.removeItem(accountKey);
}

/** True when there was an account in this browser: if the database has none now, it was cleared. */
export function hadAccount(): boolean {
  return localStorage.getItem(accountKey) !== null;
}

function parse(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    // Written by another version or by hand: the defaults serve.
    return {};
  }
}
