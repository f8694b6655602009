/** What people are called on screens. */
import type { Engine } from "../engine/engine.ts";

/** The own name, the name that is known, or the beginning of the account id. */
export function nameOf(engine: Engine, account: string): string {
  if (account === engine.identity?.account) return engine.tables.meta.get("name") ?? "";
  const name = engine.tables.people.name(account);
  return name === "" ? account.slice(0, 8) : name;
}
