/** Whether this browser can run the client at all, asked before anything is started. */

export type SupportFailure = "ERR_INSECURE_CONTEXT" | "ERR_BROWSER_TOO_OLD";

/**
 * `undefined` when everything that is needed is there. On plain HTTP (other than on this computer) browsers
 * offer neither WebCrypto nor private storage: that has a cure, so it has a code of its own.
 */
export function findSupportFailure(): SupportFailure | undefined {
  if (!globalThis.isSecureContext || globalThis.crypto?.subtle === undefined) return "ERR_INSECURE_CONTEXT";
  const { locks, storage } = globalThis.navigator;
  const hasAll =
    typeof locks?.request === "function" &&
    typeof storage?.getDirectory === "function" &&
    typeof globalThis.BroadcastChannel === "function" &&
    typeof globalThis.Worker === "function" &&
    typeof globalThis.WebAssembly === "object";
  return hasAll ? undefined : "ERR_BROWSER_TOO_OLD";
}

/** Asks the browser not to throw the database away when the disk runs low; answers whether it promised. */
export async function askForPersistence(): Promise<boolean> {
  const { storage } = globalThis.navigator;
  if (await storage.persisted()) return true;
  return storage.persist();
}
