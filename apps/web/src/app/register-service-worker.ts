/** The service worker keeps the shell, so that the app opens without a connection. */
export function registerServiceWorker(): void {
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return;
  navigator.serviceWorker.register("/service-worker.js").catch((error: unknown) => {
    // Without it everything works but opening offline, so the person is not bothered.
    console.info("no service worker:", error instanceof Error ? error.name : "unknown reason");
  });
}
