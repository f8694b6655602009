/** The browser's store against the contract that the terminal's store keeps too. */
import { openBrowserStore } from "@rempart/client/platform/browser";
import { storeContract } from "../../../../packages/client/src/store-contract.ts";

const results: { name: string; failure: string | null }[] = [];
for (const [index, { name, run }] of storeContract.entries()) {
  try {
    await run(() => openBrowserStore({ directory: `/contract-${index}` }));
    results.push({ name, failure: null });
  } catch (error) {
    results.push({ name, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
postMessage(results);
