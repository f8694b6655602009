/** Turns frames into what is written to the terminal: only the lines that changed. */
import type { Line, LineStyle } from "./layout.ts";
import type { Frame } from "./render.ts";

const csi = "\u001b[";

/** Alternate screen, bracketed paste. */
export const enterScreen = `${csi}?1049h${csi}?2004h${csi}2J`;
export const leaveScreen = `${csi}?2004l${csi}?25h${csi}0m${csi}?1049l`;

const codes: Readonly<Record<LineStyle, string>> = {
  plain: "",
  own: "32;1",
  other: "36;1",
  dim: "2",
  alert: "31",
  bar: "7",
  selected: "7",
};

/** Without colours only what carries a meaning by itself stays: the bar and the choice. */
const plainCodes: Readonly<Record<LineStyle, string>> = { ...codes, own: "1", other: "1", alert: "1" };

/** What turns `before` on the terminal into `after`; everything when there is no `before`. */
export function paint(before: Frame | undefined, after: Frame, hasColour: boolean): string {
  const palette = hasColour ? codes : plainCodes;
  const changes = after.lines.map((line, row) => {
    const text = lineText(line, palette);
    const old = before?.lines[row];
    return old !== undefined && lineText(old, palette) === text ? "" : `${csi}${row + 1};1H${csi}2K${text}`;
  });
  const { row, column } = after.cursor;
  return `${csi}?25l${changes.join("")}${csi}${row + 1};${column + 1}H${csi}?25h`;
}

function lineText(line: Line, palette: Readonly<Record<LineStyle, string>>): string {
  return line
    .map(({ text, style }) => (palette[style] === "" ? text : `${csi}${palette[style]}m${text}${csi}0m`))
    .join("");
}
