/** The gate in numbers, without an address: labels come from closed sets, or name at least twenty prefixes. */
import type { GateMode } from "@rempart/protocol";
import { type GateObserver, lanesOf } from "./gate-observer.ts";
import { counter, gauge, type Sample, stateSet } from "./open-metrics.ts";
import { type Cell, publishable } from "./source-survey.ts";

const modes: readonly GateMode[] = ["normal", "guarded", "siege"];

export function gateMetrics(observer: GateObserver): string[] {
  return [
    ...connectionMetrics(observer),
    ...laneMetrics(observer),
    ...stateMetrics(observer),
    ...sourceMetrics(observer),
  ];
}

function connectionMetrics({ gate: { counters, handshakes } }: GateObserver): string[] {
  const stages = Object.entries(counters.open).filter(([stage]) => stage !== "closed");
  const open = [...stages, ["website", counters.browsing] as const].map(([stage, count]): Sample => [{ stage }, count]);
  const lost = [...counters.lost].sort(([a], [b]) => (a < b ? -1 : 1));
  const hellos = Object.entries(counters.hellos).map(([kind, count]): Sample => [{ kind }, count]);
  const contested = Object.entries(handshakes.contested).map(([by, count]): Sample => [{ by }, count]);
  return [
    ...gauge("rempart_gate_connections", "Connections open at the gate, by the state that they are in.", open),
    ...counter("rempart_gate_arrivals", "Connections that came, refused ones included.", counters.arrivals),
    ...counter(
      "rempart_gate_lost",
      "Connections that ended before admission, by why.",
      lost.map(([outcome, count]) => [{ outcome }, count]),
    ),
    ...counter("rempart_gate_hellos", "First bytes, by how they were recognised.", hellos),
    ...counter("rempart_gate_contested_handshakes", "Handshakes begun while a member waited, by whose.", contested),
  ];
}

function laneMetrics({ gate }: GateObserver): string[] {
  const lanes = lanesOf(gate);
  const { ticketsIssued, invalidProofs, denials, storeFailures } = gate.counters;
  return [
    ...counter(
      "rempart_gate_admitted",
      "Connections admitted, by lane.",
      lanes.map(({ lane, admitted }) => [{ lane }, admitted]),
    ),
    ...counter(
      "rempart_gate_refused",
      "Proofs refused, by the lane that they were for.",
      lanes.map(({ lane, refused }) => [{ lane }, refused]),
    ),
    ...counter("rempart_gate_tickets", "Tickets issued.", ticketsIssued),
    ...counter("rempart_gate_invalid_proofs", "Proofs that cannot come from an honest client.", invalidProofs),
    ...counter("rempart_gate_denials", "Times that a prefix was put on the deny list.", denials),
    ...counter("rempart_gate_store_failures", "Times that the spent set could not say.", storeFailures),
  ];
}

function stateMetrics({ gate, kernel }: GateObserver): string[] {
  const { waiting, inFlight, oldestAgeMs } = gate.handshakes;
  return [
    ...stateSet("rempart_gate_mode", "How hard pressed the gate is.", modes, gate.mode),
    ...gauge("rempart_gate_mode_reason", "Why it is in its mode: one of a few phrases.", [
      [{ reason: gate.modeReason }, 1],
    ]),
    ...gauge("rempart_gate_effort", "Effort asked of newcomers.", gate.effort),
    ...gauge("rempart_gate_handshakes", "TLS handshakes.", [
      [{ state: "waiting" }, waiting],
      [{ state: "in-flight" }, inFlight],
    ]),
    ...gauge("rempart_gate_handshake_age_seconds", "How long the oldest hello waits.", oldestAgeMs / 1_000),
    ...gauge(
      "rempart_gate_table_entries",
      "Entries of the gate's tables, each of which is bounded.",
      tableSamples(gate.sizes),
    ),
    ...(kernel === undefined ? [] : kernelMetrics(kernel)),
  ];
}

function tableSamples(sizes: GateObserver["gate"]["sizes"]): Sample[] {
  return Object.entries(sizes).map(([name, size]) => [{ table: kebab(name) }, size]);
}

/** `spendsInFlight` → `spends-in-flight` */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function kernelMetrics({ isOn, denied, rate }: NonNullable<GateObserver["kernel"]>): string[] {
  return [
    ...gauge("rempart_gate_kernel", "Whether the kernel drops for us (nftables).", isOn ? 1 : 0),
    ...counter("rempart_gate_kernel_drops", "First packets of connections that the kernel dropped, by why.", [
      [{ why: "denied" }, denied],
      [{ why: "rate" }, rate],
    ]),
  ];
}

/** Gauges, because a cell that grows out of `other` takes its numbers with it. */
function sourceMetrics({ sources: { countries, networks, forgotten } }: GateObserver): string[] {
  return [
    ...cellMetrics({
      kind: "country",
      what: "country in which the address is registered",
      cells: countries,
      forgotten,
    }),
    ...cellMetrics({ kind: "network", what: "network that announces the address", cells: networks, forgotten }),
  ];
}

interface CellFamily {
  readonly kind: string;
  readonly what: string;
  readonly cells: readonly Cell[];
  readonly forgotten: number;
}

function cellMetrics({ kind, what, cells, forgotten }: CellFamily): string[] {
  const published = publishable(cells, forgotten);
  const samples = (of: (cell: Cell) => number) => published.map((cell): Sample => [{ [kind]: cell.name }, of(cell)]);
  return [
    ...gauge(
      `rempart_gate_${kind}_handshakes`,
      `Handshakes completed since the start, by ${what}.`,
      samples((cell) => cell.handshakes),
    ),
    ...gauge(
      `rempart_gate_${kind}_prefixes`,
      `Different prefixes of completed handshakes, by ${what}.`,
      samples((cell) => cell.prefixes),
    ),
  ];
}
