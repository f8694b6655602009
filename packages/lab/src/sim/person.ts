/** A person of a simulation: a name, an account once it is made, and one to three devices. */
import type { Device } from "./device.ts";
import { plaintextMark } from "./secrets.ts";

export class Person {
  readonly name: string;
  readonly devices: Device[] = [];
  /** Account id, once created. */
  account: string | undefined;

  constructor(number: number) {
    this.name = `${plaintextMark} person ${number}`;
  }

  /** A device on which an engine runs, the first choice being `preferred`. */
  running(preferred = 0): Device | undefined {
    const ready = this.devices.filter((device) => device.client !== undefined);
    return ready[preferred % Math.max(1, ready.length)];
  }
}
