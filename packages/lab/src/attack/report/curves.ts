import type { AttackResult, LaneResult } from "../measure/result.ts";
import { type HonestLane, honestLanes } from "../settings.ts";

const panel = { width: 330, height: 200, left: 56, top: 34, right: 14, bottom: 40 } as const;
const gap = 24;
const legendHeight = 30;

/** Colours by lane that can be told apart on light and on dark, and by people who see few colours: marks differ too. */
const marks: Record<HonestLane, { readonly shape: "circle" | "square" | "diamond" | "triangle" }> = {
  A: { shape: "circle" },
  B: { shape: "square" },
  C: { shape: "diamond" },
  D: { shape: "triangle" },
};

const style = `
  text { font: 12px system-ui, sans-serif; fill: #24302b; }
  .title { font-weight: 600; }
  .axis { stroke: #8a958f; stroke-width: 1; }
  .grid { stroke: #dde3df; stroke-width: 1; }
  .line { fill: none; stroke-width: 2; }
  .A { stroke: #1b6e53; fill: #1b6e53; } .B { stroke: #b4552d; fill: #b4552d; }
  .C { stroke: #3b5fb0; fill: #3b5fb0; } .D { stroke: #8d6a00; fill: #8d6a00; }
  .line.A, .line.B, .line.C, .line.D { fill: none; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4ebe7; } .axis { stroke: #7d8983; } .grid { stroke: #37413c; }
    .A { stroke: #63c7a4; fill: #63c7a4; } .B { stroke: #f09a70; fill: #f09a70; }
    .C { stroke: #8fb0ff; fill: #8fb0ff; } .D { stroke: #e3c14b; fill: #e3c14b; }
  }`;

/** Goodput and p99 by lane over the ratio, as an SVG that reads on light and dark. `runs` are of one attack. */
export function curvesOf(title: string, runs: readonly AttackResult[]): string {
  const sorted = [...runs].sort((a, b) => a.ratio - b.ratio);
  const width = 2 * panel.width + gap;
  const height = panel.height + legendHeight;
  const slowest = Math.max(100, ...sorted.flatMap(({ lanes }) => Object.values(lanes).map(({ p99Ms }) => p99Ms ?? 0)));
  const goodput = chart(sorted, {
    x: 0,
    title: "goodput, %",
    of: ({ goodput }) => goodput * 100,
    max: 100,
    ticks: [0, 25, 50, 75, 100],
  });
  const p99 = chart(sorted, {
    x: panel.width + gap,
    title: "p99, ms (logarithmic)",
    of: ({ p99Ms }) => (p99Ms === null ? undefined : Math.log10(Math.max(1, p99Ms))),
    max: Math.ceil(Math.log10(slowest)),
    ticks: Array.from({ length: Math.ceil(Math.log10(slowest)) + 1 }, (_, power) => power),
    label: (power) => String(10 ** power),
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${style}
</style>
${goodput}
${p99}
${legend(height - 12)}
</svg>
`;
}

interface ChartOptions {
  readonly x: number;
  readonly title: string;
  readonly of: (lane: LaneResult) => number | undefined;
  readonly max: number;
  readonly ticks: readonly number[];
  readonly label?: (tick: number) => string;
}

function chart(runs: readonly AttackResult[], { x, title, of, max, ticks, label = String }: ChartOptions): string {
  const innerWidth = panel.width - panel.left - panel.right;
  const innerHeight = panel.height - panel.top - panel.bottom;
  // The ratios are far apart: each has the same room, whatever its value.
  const xAt = (index: number) => panel.left + (runs.length < 2 ? 0.5 : index / (runs.length - 1)) * innerWidth;
  const yAt = (value: number) => panel.top + (1 - Math.min(1, value / max)) * innerHeight;
  const grid = ticks.map((tick) => {
    const y = yAt(tick);
    const line = `<line class="grid" x1="${panel.left}" x2="${panel.width - panel.right}" y1="${round(y)}" y2="${round(y)}"/>`;
    return `${line}<text x="${panel.left - 8}" y="${round(y + 4)}" text-anchor="end">${label(tick)}</text>`;
  });
  const bottom = panel.top + innerHeight;
  const ratios = runs.map(
    ({ ratio }, index) => `<text x="${round(xAt(index))}" y="${bottom + 18}" text-anchor="middle">${ratio}</text>`,
  );
  const lines = honestLanes.map((lane) => {
    const points = runs.flatMap((run, index) => {
      const result = run.lanes[lane];
      const value = result === undefined ? undefined : of(result);
      return value === undefined ? [] : [{ x: xAt(index), y: yAt(value) }];
    });
    const path = points.map((point) => `${round(point.x)},${round(point.y)}`).join(" ");
    return `<polyline class="line ${lane}" points="${path}"/>${points.map((point) => mark(lane, point)).join("")}`;
  });
  return `<g transform="translate(${x} 0)">
<text class="title" x="${panel.left}" y="18">${escaped(title)}</text>
${grid.join("\n")}
<line class="axis" x1="${panel.left}" x2="${panel.width - panel.right}" y1="${bottom}" y2="${bottom}"/>
${ratios.join("")}<text x="${panel.left + innerWidth / 2}" y="${bottom + 34}" text-anchor="middle">hostile attempts for each honest one</text>
${lines.join("\n")}
</g>`;
}

function mark(lane: HonestLane, { x, y }: { x: number; y: number }): string {
  const { shape } = marks[lane];
  if (shape === "circle") return `<circle class="${lane}" cx="${round(x)}" cy="${round(y)}" r="4"/>`;
  if (shape === "square")
    return `<rect class="${lane}" x="${round(x - 3.5)}" y="${round(y - 3.5)}" width="7" height="7"/>`;
  const points =
    shape === "diamond"
      ? [
          [0, -5],
          [5, 0],
          [0, 5],
          [-5, 0],
        ]
      : [
          [0, -5],
          [5, 4],
          [-5, 4],
        ];
  const at = points.map(([dx = 0, dy = 0]) => `${round(x + dx)},${round(y + dy)}`).join(" ");
  return `<polygon class="${lane}" points="${at}"/>`;
}

function legend(y: number): string {
  const names: Record<HonestLane, string> = {
    A: "A, inside",
    B: "B, returning",
    C: "C, with a token",
    D: "D, newcomers",
  };
  return honestLanes
    .map((lane, index) => {
      const x = panel.left + index * 150;
      return `${mark(lane, { x, y: y - 4 })}<text x="${x + 12}" y="${y}">${names[lane]}</text>`;
    })
    .join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
