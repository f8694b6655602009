/** Finds what a person means by a name, an id, or the beginning of an id. */
import { CliError } from "./failure.ts";

export interface Candidate {
  /** Lower-case hexadecimal. */
  readonly id: string;
  readonly name: string;
  /** Of several with one name the only one that is not this is meant. */
  readonly isRetired?: boolean;
}

/** Shortest beginning of an id that is taken for one: shorter ones are more likely names. */
export const idPrefixCharsMin = 8;

/** Candidates that an error names. */
const namedMax = 10;

/**
 * The one candidate whose id is `query`, or whose name is (whatever its case), or whose id begins with it;
 * the first of these that fits any decides. Throws `ERR_NOT_FOUND` or `ERR_AMBIGUOUS` with `candidates`.
 */
export function resolve<T extends Candidate>(what: string, query: string, candidates: readonly T[]): T {
  const found = matchesOf(query, candidates);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length > 1) throw failure("ERR_AMBIGUOUS", `"${query}" fits more than one ${what}`, found);
  throw failure("ERR_NOT_FOUND", `there is no ${what} "${query}"`, candidates);
}

function matchesOf<T extends Candidate>(query: string, candidates: readonly T[]): readonly T[] {
  const id = query.toLowerCase();
  const exact = candidates.filter((candidate) => candidate.id === id);
  if (exact.length > 0) return exact;
  const named = candidates.filter((candidate) => fold(candidate.name) === fold(query));
  const current = named.filter(({ isRetired }) => isRetired !== true);
  if (named.length > 0) return current.length > 0 ? current : named;
  return isIdPrefix(id) ? candidates.filter((candidate) => candidate.id.startsWith(id)) : [];
}

export function isIdPrefix(text: string): boolean {
  return text.length >= idPrefixCharsMin && /^[0-9a-f]+$/i.test(text);
}

function fold(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
}

function failure(code: "ERR_AMBIGUOUS" | "ERR_NOT_FOUND", problem: string, candidates: readonly Candidate[]): CliError {
  const named = candidates.slice(0, namedMax).map(({ id, name }) => ({ id, name }));
  const list = named.map(({ id, name }) => `${name === "" ? "(no name)" : name} (${id.slice(0, idPrefixCharsMin)})`);
  if (candidates.length > namedMax) list.push("…");
  const message = list.length === 0 ? problem : `${problem}: ${list.join(", ")}`;
  return new CliError(code, message, { candidates: named });
}
