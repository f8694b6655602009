/** The page: starts the engine in its worker, and draws. */
import { askForPersistence, EngineLink, findSupportFailure } from "@rempart/client/platform/browser";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.tsx";
import { AppModel } from "./app/model.ts";
import { registerServiceWorker } from "./app/register-service-worker.ts";
import { hadAccount, rememberedPreferences } from "./app/remembered.ts";
import { takeLink } from "./app/route.ts";
import { followViewport } from "./app/viewport.ts";
import "./styles/index.css";

/** Shared by all tabs: names the lock, the channel and the database. */
const engineName = "rempart";

function start(): void {
  const preferences = rememberedPreferences();
  document.documentElement.dataset.theme = preferences.theme;
  const link = takeLink();
  const failure = findSupportFailure();
  const engine = new EngineLink({
    name: engineName,
    startWorker: () => new Worker(new URL("./engine/worker.ts", import.meta.url), { type: "module" }),
    onStatus: (status) => {
      if (status.phase === "failed") model.state.patch({ engine: { phase: "failed", code: status.code } });
      else model.state.patch({ engine: { phase: status.phase } });
    },
    onRestarted: () => void model.toasts.add({ kind: "note", note: "engine-restarted" }),
  });
  const model = new AppModel({
    client: engine.client,
    preferences,
    link,
    restart: () => (failure === undefined ? engine.restart() : location.reload()),
  });
  // After an update of the server, parts that this page has not loaded yet are no longer there.
  addEventListener("vite:preloadError", () => location.reload());
  createRoot(rootElement()).render(<App model={model} />);
  followViewport();
  if (failure !== undefined) {
    model.state.patch({ engine: { phase: "failed", code: failure } });
    return;
  }
  engine.onAttached(() => void model.attempt(() => model.refresh()));
  engine.start();
  persistOnceUsed(model);
  registerServiceWorker();
}

/** Some browsers ask the person, so the question comes when there is something worth keeping. */
function persistOnceUsed(model: AppModel): void {
  const ask = () => void model.attempt(askForPersistence);
  if (hadAccount()) {
    ask();
    return;
  }
  const stop = model.state.subscribe(() => {
    if (model.state.value.account == null) return;
    stop();
    ask();
  });
}

function rootElement(): HTMLElement {
  const element = document.getElementById("root");
  if (element === null) throw new Error("index.html has no #root");
  return element;
}

start();
