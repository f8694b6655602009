import type { Figure } from "./figure.ts";

/** Three significant digits, or whole above a thousand. */
export function compact(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 1_000) return Math.round(value).toString();
  return Number(value.toPrecision(3)).toString();
}

/** Figures as a table for people. Columns are padded; notes follow, each once. */
export function table(figures: readonly Figure[]): string {
  const header = ["bench", "variant", "metric", "median", "min–max", "unit", "generator", "server", "others"];
  const rows = figures.map((figure) => [
    figure.bench,
    figure.variant,
    figure.metric,
    compact(figure.median) + (figure.void === null ? "" : " void"),
    `${compact(figure.min)}–${compact(figure.max)}`,
    figure.unit,
    percent(figure.generatorCpu),
    percent(figure.serverCpu),
    percent(figure.otherCpu),
  ]);
  return `${[...lines([header, ...rows]), "", ...notesOf(figures)].join("\n").trimEnd()}\n`;
}

function lines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Each note once; where it does not hold for a whole bench, with the variants that it is about. */
function notesOf(figures: readonly Figure[]): string[] {
  const variantsOf = new Map<string, Set<string>>();
  const about = new Map<string, { bench: string; note: string; variants: Set<string> }>();
  for (const { bench, variant, notes, void: reason } of figures) {
    if (notes.length > 0) variantsOf.set(bench, (variantsOf.get(bench) ?? new Set()).add(variant));
    for (const note of reason === null ? notes : [...notes, `VOID: ${reason}`]) {
      const key = `${bench}\n${note}`;
      const entry = about.get(key) ?? { bench, note, variants: new Set() };
      entry.variants.add(variant);
      about.set(key, entry);
    }
  }
  return [...about.values()].map(({ bench, note, variants }) => {
    const isGeneral = variants.size === variantsOf.get(bench)?.size;
    return isGeneral ? `${bench}: ${note}` : `${bench} (${[...variants].join("; ")}): ${note}`;
  });
}

function percent(cores: number | null): string {
  return cores === null ? "" : `${Math.round(cores * 100)} %`;
}
