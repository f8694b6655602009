/** Initials on a colour that belongs to an id, the same everywhere and always. */

const colours = 8;

/** A number from 0 to 7 that depends on the id only. */
export function colourOf(id: string): number {
  let sum = 0;
  for (let i = 0; i < id.length; i++) sum = (sum * 31 + id.charCodeAt(i)) % 65_521;
  return sum % colours;
}

/** The first letters of the first and the last word; of any script. */
export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/\s+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = words[0] ?? name.trim();
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  return [first, last]
    .map((word) => Array.from(word.replace(/^[^\p{L}\p{N}]+/u, ""))[0] ?? "")
    .join("")
    .toLocaleUpperCase();
}

export interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly size?: "small" | "medium" | "large";
  readonly isGroup?: boolean;
}

export function Avatar({ id, name, size = "medium", isGroup = false }: AvatarProps) {
  return (
    <span
      className="avatar"
      data-size={size}
      data-colour={colourOf(id)}
      data-shape={isGroup ? "group" : "person"}
      aria-hidden="true"
    >
      {initialsOf(name)}
    </span>
  );
}
