/** The people, their devices and the server of one simulation, and how they are put back on their feet. */
import { asId, authOf } from "@rempart/protocol";
import { formatLink } from "@rempart/session";
import { nodeProvider } from "@rempart/session/provider/node";
import { Device } from "./device.ts";
import { engineEntropy } from "./entropy.ts";
import type { Mallory } from "./mallory.ts";
import { fairWeather } from "./network.ts";
import type { Operations } from "./operations.ts";
import { Person } from "./person.ts";
import type { Random } from "./random.ts";
import type { ServerMachine } from "./server-machine.ts";
import { type Stage, serverOrigin } from "./stage.ts";

export interface WorldOptions {
  readonly stage: Stage;
  readonly server: ServerMachine;
  readonly mallory: Mallory;
  readonly operations: Operations;
  readonly peopleMax: number;
}

export class World {
  readonly stage: Stage;
  readonly server: ServerMachine;
  readonly mallory: Mallory;
  readonly operations: Operations;
  readonly peopleMax: number;
  readonly people: Person[] = [];
  /** How each device comes to its account: by an invitation, or by a link that another device shows. */
  readonly #ways = new Map<Device, { readonly invite: string } | { readonly deviceLink: string }>();

  constructor(options: WorldOptions) {
    this.stage = options.stage;
    this.server = options.server;
    this.mallory = options.mallory;
    this.operations = options.operations;
    this.peopleMax = options.peopleMax;
  }

  get devices(): readonly Device[] {
    return this.people.flatMap(({ devices }) => devices);
  }

  /** Makes the invitation that the first account of a server uses. */
  async firstInvite(): Promise<string> {
    const { stage, server } = this;
    const random = stage.random.fork("first invite");
    const inviteSecret = asId("InviteSecret", random.bytes(16));
    const expiresAt = stage.schedule.now + 86_400_000;
    const ask = { inviteAuth: authOf(inviteSecret), expiresAt };
    await server.disk.options.store.submit("inviteFirst", ask);
    const provider = nodeProvider(engineEntropy({ random, now: () => stage.schedule.now }));
    return formatLink(provider, { kind: "invitation", origin: serverOrigin, inviteSecret });
  }

  /** A new person with one device, who follows an invitation. */
  welcome(invite: string): Person {
    const person = new Person(this.people.length);
    this.people.push(person);
    this.#giveDevice(person, { invite });
    return person;
  }

  /** Another device for somebody who has one. */
  link(person: Person, deviceLink: string): void {
    this.#giveDevice(person, { deviceLink });
  }

  #giveDevice(person: Person, way: { readonly invite: string } | { readonly deviceLink: string }): void {
    const number = person.devices.length + 1;
    const device = new Device(this.stage, `p${this.people.indexOf(person) + 1}d${number}`);
    person.devices.push(device);
    this.#ways.set(device, way);
    this.restartLater(device, 0);
  }

  /** Whether its person has no other device that could have given this one a history. */
  isOnlyDevice(name: string): boolean {
    return this.people.some(({ devices }) => devices.length === 1 && devices[0]?.name === name);
  }

  personOf(device: Device): Person | undefined {
    return this.people.find(({ devices }) => devices.includes(device));
  }

  /** Starts an engine on this device, in the place of whatever runs there. */
  restartLater(device: Device, delayMs: number): void {
    this.stage.schedule.after(delayMs, `restart ${device.name}`, () => {
      this.#startThen(device, () => device.start());
    });
  }

  restoreLater(device: Device): void {
    this.#startThen(device, () => device.restoreBackup());
  }

  /** Damages a one-to-one chat on every device that has it. */
  losePlace(chat: string, random: Random): void {
    const there = this.devices.filter((device) => device.directChats().includes(chat));
    this.stage.facts.noteLostPlace(
      chat,
      there.map(({ name }) => name),
    );
    for (const device of there) {
      device.losePlace(chat);
      this.restartLater(device, random.below(5_000));
    }
  }

  /** Ends a device's partition. */
  reach(device: Device): void {
    device.weather.isPartitioned = false;
    this.stage.network.healed();
  }

  /** Ends every fault: all that is broken is started again, all weather is fair. */
  heal(): void {
    this.mallory.rest();
    this.server.disk.faultChance = 0;
    this.server.start();
    for (const device of this.devices) {
      Object.assign(device.weather, fairWeather);
      if (!device.isRunning || device.isBroken) this.restartLater(device, 0);
    }
    this.stage.network.cut((link) => this.server.stopLying(link));
    this.stage.network.healed();
  }

  async close(): Promise<void> {
    for (const device of this.devices) await device.close();
    this.server.crash();
  }

  #startThen(device: Device, start: () => Promise<void>): void {
    // A start reports its own failure: it never rejects.
    void start().then(() => this.operations.run(`set-up ${device.name}`, device, () => this.#setUp(device)));
  }

  /** Makes the account, or joins it; an engine that was interrupted at it goes on by itself. */
  async #setUp(device: Device): Promise<void> {
    const { client } = device;
    const person = this.personOf(device);
    if (client === undefined || person === undefined) return;
    const known = await client.account();
    if (known !== null) {
      person.account = known.account;
      return;
    }
    const way = this.#ways.get(device);
    if (way === undefined) return;
    if ("deviceLink" in way) {
      await client.createLinkedDevice(way.deviceLink);
      return;
    }
    const made = await client.createAccount({ invite: way.invite, name: person.name });
    this.stage.secrets.addText(made.recovery);
    person.account = made.account;
  }
}
