/**
 * Everything that an object holds, private fields and the entries of maps and sets included: what a debugger would see,
 * asked from V8's own inspector, because nothing else in the language looks into `#private` fields.
 */
import { type Runtime, Session } from "node:inspector";

/** Values that were found: texts, and the bytes of typed arrays. */
export interface Holdings {
  readonly texts: readonly string[];
  readonly bytes: readonly Uint8Array[];
}

const objectsMax = 100_000;
/** What every object has, and what functions close over. */
const skipped = new Set(["[[Prototype]]", "[[Scopes]]", "[[FunctionLocation]]", "constructor"]);

interface Desk {
  readonly seen: WeakSet<object>;
  readonly bytes: Uint8Array[];
  root: unknown;
}

/** Walks from `root` to everything that can be reached, except through `outside` and through functions. */
export function heldBy(root: object, outside: readonly object[]): Holdings {
  const desk: Desk = { seen: new WeakSet(outside), bytes: [], root };
  const key = "rempartHeldBy";
  Reflect.set(globalThis, key, desk);
  const session = new Session();
  session.connect();
  try {
    const start = ask<{ result: Runtime.RemoteObject }>(session, "Runtime.evaluate", { expression: `${key}.root` });
    return { texts: walk(session, { start: start.result, key }), bytes: desk.bytes };
  } finally {
    session.disconnect();
    Reflect.deleteProperty(globalThis, key);
  }
}

function walk(session: Session, { start, key }: { start: Runtime.RemoteObject; key: string }): string[] {
  const texts: string[] = [];
  const open = [start];
  const visit = `function () {
    const desk = globalThis.${key};
    if (desk.seen.has(this)) return false;
    desk.seen.add(this);
    if (this instanceof Uint8Array) desk.bytes.push(this);
    return !ArrayBuffer.isView(this) && !(this instanceof ArrayBuffer);
  }`;
  for (let count = 0, next = open.pop(); next !== undefined; next = open.pop(), count++) {
    if (count > objectsMax) throw new Error(`more than ${objectsMax} objects`);
    if (typeof next.value === "string") texts.push(next.value);
    if (next.objectId === undefined || next.type === "function") continue;
    const { objectId } = next;
    const call = { objectId, functionDeclaration: visit, returnByValue: true };
    const { result } = ask<{ result: Runtime.RemoteObject }>(session, "Runtime.callFunctionOn", call);
    if (result.value === true) open.push(...propertiesOf(session, objectId));
  }
  return texts;
}

function propertiesOf(session: Session, objectId: string): Runtime.RemoteObject[] {
  const found = ask<Runtime.GetPropertiesReturnType & { privateProperties?: Runtime.PropertyDescriptor[] }>(
    session,
    "Runtime.getProperties",
    { objectId, ownProperties: true },
  );
  const all = [...found.result, ...(found.internalProperties ?? []), ...(found.privateProperties ?? [])];
  return all.flatMap(({ name, value }) => [
    ...(value === undefined || skipped.has(name) ? [] : [value]),
    { type: "string" as const, value: name },
  ]);
}

/** The session of the own process answers before `post` returns. */
function ask<T>(session: Session, method: string, parameters: object): T {
  let answer: { readonly error: Error | null; readonly result: T } | undefined;
  session.post(method, parameters, (error, result) => {
    answer = { error, result: result as T };
  });
  if (answer === undefined || answer.error !== null) throw answer?.error ?? new Error(`${method} was not answered`);
  return answer.result;
}
