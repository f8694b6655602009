/**
 * Where the person is. Routes live in the history state, never in the address: the address bar shows the
 * server and nothing about chats, and a link's secret is gone from it as soon as it has been read.
 */
import { Store } from "./store.ts";

export type Route =
  | { readonly name: "chats" }
  | { readonly name: "chat"; readonly chat: string }
  | { readonly name: "info"; readonly chat: string }
  | { readonly name: "people" }
  | { readonly name: "new-group" }
  | { readonly name: "add-members"; readonly chat: string }
  | { readonly name: "add-contact"; readonly link: string }
  | { readonly name: "my-link" }
  | { readonly name: "invites" }
  | { readonly name: "settings" }
  | { readonly name: "recovery" };

export const home: Route = { name: "chats" };

/** Fields each route must have besides its name; a history entry of another version may lack them. */
const fieldsOf: Readonly<Record<Route["name"], readonly string[]>> = {
  chats: [],
  chat: ["chat"],
  info: ["chat"],
  people: [],
  "new-group": [],
  "add-members": ["chat"],
  "add-contact": ["link"],
  "my-link": [],
  invites: [],
  settings: [],
  recovery: [],
};

/** The route in a history state, or the chat list when there is none that this version knows. */
export function readRoute(state: unknown): Route {
  const route = (state as { readonly route?: Record<string, unknown> } | null)?.route;
  const name = route?.name;
  if (route === undefined || typeof name !== "string" || !Object.hasOwn(fieldsOf, name)) return home;
  const fields = fieldsOf[name as Route["name"]];
  return fields.every((field) => typeof route[field] === "string") ? (route as unknown as Route) : home;
}

/** A link's secret must not be written into the history, which browsers keep on disk. */
function storable(route: Route): Route {
  return route.name === "add-contact" ? { name: "people" } : route;
}

export class Router {
  readonly route: Store<Route>;
  /** Entries of ours below the present one: whether "back" stays in the app. */
  #depth: number;

  constructor() {
    this.route = new Store(readRoute(history.state));
    this.#depth = depthOf(history.state);
    addEventListener("popstate", (event) => {
      this.#depth = depthOf(event.state);
      this.route.set(readRoute(event.state));
    });
  }

  go(route: Route): void {
    this.#depth += 1;
    history.pushState({ route: storable(route), depth: this.#depth }, "", "/");
    this.route.set(route);
  }

  /** Shows another route in place of this one, so that "back" does not return here. */
  replace(route: Route): void {
    history.replaceState({ route: storable(route), depth: this.#depth }, "", "/");
    this.route.set(route);
  }

  back(): void {
    if (this.#depth > 0) history.back();
    else this.replace(home);
  }
}

function depthOf(state: unknown): number {
  const depth = (state as { readonly depth?: unknown } | null)?.depth;
  return typeof depth === "number" ? depth : 0;
}

/** Takes an invitation or contact link out of the address bar, where the browser opened one. */
export function takeLink(): string | undefined {
  const { pathname, hash, href } = location;
  if ((pathname !== "/i" && pathname !== "/c") || hash.length < 2) return undefined;
  history.replaceState(history.state, "", "/");
  return href;
}
