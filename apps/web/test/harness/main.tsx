/** The app on the fake client: `?scene=` chooses what it knows, `?route=` (JSON) where it starts. */
import { createRoot } from "react-dom/client";
import { App } from "../../src/app/app.tsx";
import { AppModel } from "../../src/app/model.ts";
import { defaultPreferences } from "../../src/app/remembered.ts";
import type { Route } from "../../src/app/route.ts";
import { type FakeScene, fakeClient } from "../fake-client.ts";
import "../../src/styles/index.css";

const query = new URLSearchParams(location.search);
const scene = (query.get("scene") ?? "chats") as FakeScene;
const failure = query.get("failure");
const route = query.get("route");
const path = query.get("link");
const link = path === null ? undefined : new URL(path, location.origin).href;
if (scene === "new") localStorage.clear();

const model = new AppModel({
  client: fakeClient(scene),
  preferences: defaultPreferences,
  link,
  restart: () => undefined,
});
if (failure !== null) model.state.patch({ engine: { phase: "failed", code: failure } });
const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<App model={model} />);
void model.refresh().then(() => {
  if (route !== null) model.router.go(JSON.parse(route) as Route);
});
