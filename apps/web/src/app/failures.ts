/** Failures as the screens need them: a code that the catalogue has a sentence for. */

export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "ERR_INTERNAL";
}

/** After these the client has stopped, so they take the whole page. */
const storageFailures: ReadonlySet<string> = new Set(["ERR_LOCAL_FULL", "ERR_LOCAL_CORRUPT", "ERR_LOCAL_STORAGE"]);

export function stopsEverything(code: string): boolean {
  return storageFailures.has(code);
}
