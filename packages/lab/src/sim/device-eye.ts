/** Watches what one device shows, event by event, through all the lives of its engine. */
import type { ClientEvent } from "@rempart/client";
import type { Facts } from "./facts.ts";
import { describeError, type Violations } from "./violation.ts";

export class DeviceEye {
  readonly #name: string;
  readonly #facts: Facts;
  readonly #violations: Violations;
  #known = new Set<string>();
  #remembered: Set<string> | undefined;
  readonly defects: string[] = [];

  constructor(options: { readonly name: string; readonly facts: Facts; readonly violations: Violations }) {
    this.#name = options.name;
    this.#facts = options.facts;
    this.#violations = options.violations;
  }

  see(event: ClientEvent): void {
    if (event.event !== "message") return;
    const { message, isNew } = event;
    this.#facts.shown(message, this.#name);
    if (isNew && this.#known.has(message.message)) {
      this.#violations.report("I3", `${this.#name} announced message ${message.message} as new twice`);
    }
    this.#known.add(message.message);
    this.#facts.kept(message.message, this.#name);
  }

  /** What the engine itself calls a defect of the program, or of a peer who sent junk. */
  noteDefect(error: unknown): void {
    this.defects.push(describeError(error));
  }

  /** The disk is backed up: what is known now is what a restored disk will know. */
  remember(): void {
    this.#remembered = new Set(this.#known);
  }

  recall(): void {
    for (const message of this.#known) if (!this.#remembered?.has(message)) this.#facts.lost(message, this.#name);
    this.#known = new Set(this.#remembered);
  }
}
