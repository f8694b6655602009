/** What stops the whole app, told on a page of its own. */
export interface PageFailure {
  readonly title: string;
  readonly advice: string;
}

/** `default` stands for codes that have no text of their own. */
export type PageFailures = Readonly<Record<PageFailureCode | "default", PageFailure>>;

export type PageFailureCode =
  | "ERR_INSECURE_CONTEXT"
  | "ERR_BROWSER_TOO_OLD"
  | "ERR_LOCAL_FULL"
  | "ERR_LOCAL_CORRUPT"
  | "ERR_LOCAL_STORAGE"
  | "ERR_STORAGE_WIPED"
  | "ERR_ENGINE_LOAD";

export function pageFailureOf(failures: PageFailures, code: string): PageFailure {
  return Object.hasOwn(failures, code) ? failures[code as PageFailureCode] : failures.default;
}
