/** Runs the store contract in a dedicated worker and leaves the outcome in `window.outcome`. */
const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const outcome = new Promise((resolve, reject) => {
  worker.onmessage = (event) => resolve(event.data);
  worker.onerror = (event) => reject(new Error(event.message));
});
Object.assign(window, { outcome });
