/** What clients have been asked and have not answered. Every answer is judged: a failure must be coded and fair. */
import { ClientError } from "@rempart/client";
import type { Device } from "./device.ts";
import type { Trace } from "./trace.ts";
import { describeError, type Violations } from "./violation.ts";

interface Pending {
  readonly name: string;
  readonly device: Device;
  readonly life: number;
}

export class Operations {
  readonly #trace: Trace;
  readonly #violations: Violations;
  readonly #pending = new Set<Pending>();
  /** How many ended in which way. */
  readonly outcomes = new Map<string, number>();

  constructor(options: { readonly trace: Trace; readonly violations: Violations }) {
    this.#trace = options.trace;
    this.#violations = options.violations;
  }

  run(name: string, device: Device, work: () => Promise<void>): void {
    const pending = { name, device, life: device.lives };
    this.#pending.add(pending);
    work().then(
      () => this.#ended(pending, "ok"),
      (error: unknown) => this.#failed(pending, error),
    );
  }

  /** Unanswered operations of engines that still run. */
  get waiting(): readonly string[] {
    return [...this.#pending]
      .filter(({ device, life }) => device.isRunning && device.lives === life)
      .map(({ name }) => name);
  }

  waitingOn(device: Device): number {
    let count = 0;
    for (const pending of this.#pending) if (pending.device === device && pending.life === device.lives) count++;
    return count;
  }

  #failed(pending: Pending, error: unknown): void {
    const { name, device, life } = pending;
    const isOver = !device.isRunning || device.lives !== life || device.isBroken;
    if (error instanceof ClientError) {
      this.#ended(pending, error.code);
      if (error.code === "ERR_INTERNAL" && !isOver) {
        this.#violations.report("I0", `${name} failed inside: ${describeError(error)}`, error);
      }
      return;
    }
    this.#ended(pending, "uncoded");
    if (!isOver) this.#violations.report("I0", `${name} failed without a code: ${describeError(error)}`, error);
  }

  #ended(pending: Pending, outcome: string): void {
    this.#pending.delete(pending);
    this.#trace.note(pending.name, outcome);
    const kind = `${pending.name.split(" ")[0]} ${outcome}`;
    this.outcomes.set(kind, (this.outcomes.get(kind) ?? 0) + 1);
  }
}
