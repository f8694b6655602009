/** A real server in this process, and real clients on it, over links that tests can cut. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode, hostOf, proofCodec, verdictCodec } from "@rempart/protocol";
import { LocalBus, MemoryStore, Service, systemClock, systemCrypto, systemEntropy } from "@rempart/server";
import { formatLink, type SuiteName } from "@rempart/session";
import { nodeProvider } from "@rempart/session/provider/node";
import type { MessageView } from "../src/api.ts";
import { type Client, createClient } from "../src/client.ts";
import { openSqliteStore } from "../src/platform/node/index.ts";
import type { Clock, Link, LinkHandlers, Network, Store } from "../src/ports.ts";

export const classical: SuiteName = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
export const crypto = nodeProvider();
const origin = "http://rempart.test";

/** Real time, but short waits pass ten times as fast. */
export const fastClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs < 5_000 ? delayMs / 10 : delayMs);
    return () => clearTimeout(timer);
  },
};

/** The gate lets everybody in who shows it a proof; `siege.test.ts` has a real one. */
const openGate = encode(verdictCodec, { kind: "admitted", mode: "normal", tickets: [] });

/** What a test may do to frames on their way, beyond the gate: `undefined` loses the frame. */
export interface Tampering {
  toServer?: (frame: Uint8Array) => Uint8Array | undefined;
  toClient?: (frame: Uint8Array) => Uint8Array | undefined;
}

export class TestNetwork implements Network {
  readonly #service: Service;
  readonly #open = new Set<() => void>();
  readonly tampering: Tampering = {};
  isUp = true;

  constructor(service: Service) {
    this.#service = service;
  }

  connect(_origin: string, handlers: LinkHandlers): Link {
    let isClosed = false;
    const closed = (code: number) => {
      if (isClosed) return;
      isClosed = true;
      this.#open.delete(cut);
      queueMicrotask(() => handlers.closed({ code }));
    };
    const cut = () => {
      closed(1006);
      inbound?.closed();
    };
    if (!this.isUp) {
      closed(1006);
      return { send: () => undefined, bufferedBytes: () => 0, close: () => undefined };
    }
    const inbound = this.#service.connect(
      {
        bufferedBytes: 0,
        send: (frame) => {
          const sent = this.tampering.toClient ? this.tampering.toClient(frame) : frame;
          if (sent !== undefined) queueMicrotask(() => !isClosed && handlers.frame(sent.slice()));
        },
        close: (code) => setImmediate(() => closed(code)),
      },
      { hosts: [hostOf(origin)] },
    );
    this.#open.add(cut);
    queueMicrotask(() => !isClosed && handlers.opened());
    let isAtGate = true;
    return {
      send: (frame) => {
        if (isAtGate) {
          isAtGate = false;
          decode(proofCodec, frame);
          queueMicrotask(() => !isClosed && handlers.frame(openGate));
          return;
        }
        const sent = this.tampering.toServer ? this.tampering.toServer(frame) : frame;
        if (sent !== undefined && !isClosed) queueMicrotask(() => inbound.receive(sent.slice()));
      },
      bufferedBytes: () => 0,
      close: () => {
        if (isClosed) return;
        isClosed = true;
        this.#open.delete(cut);
        inbound.closed();
      },
    };
  }

  /** Cuts all links; new ones fail until `isUp` is set again. */
  down(): void {
    this.isUp = false;
    for (const cut of [...this.#open]) cut();
  }

  /** Cuts all links once. */
  cut(): void {
    for (const cut of [...this.#open]) cut();
  }
}

const directory = mkdtempSync(join(tmpdir(), "rempart-client-"));
let databases = 0;
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

export function temporaryPath(): string {
  databases++;
  return join(directory, `${databases}.sqlite`);
}

export interface Person {
  client: Client;
  readonly store: string;
  readonly network: TestNetwork;
  readonly defects: unknown[];
}

export class World {
  readonly service: Service;
  readonly #inviteSecret: Promise<string>;
  readonly #people: Person[] = [];

  constructor() {
    const ports = {
      store: new MemoryStore(),
      bus: new LocalBus(),
      clock: systemClock,
      entropy: systemEntropy,
      crypto: systemCrypto,
    };
    this.service = new Service(ports, {});
    this.#inviteSecret = this.#firstInvite();
  }

  async #firstInvite(): Promise<string> {
    const inviteSecret = await this.service.createFirstInvite();
    if (inviteSecret === undefined) throw new Error("the server is not new");
    return formatLink(crypto, { kind: "invitation", origin, inviteSecret });
  }

  firstInvite(): Promise<string> {
    return this.#inviteSecret;
  }

  /** A client without an account, on a database of its own. */
  async stranger(wrap: (store: Store) => Store = (store) => store): Promise<Person> {
    const store = temporaryPath();
    const network = new TestNetwork(this.service);
    const defects: unknown[] = [];
    const client = await openClient({ store, network, defects }, wrap);
    const person = { client, store, network, defects };
    this.#people.push(person);
    return person;
  }

  /** A person with an account by an invitation. */
  async person(name: string, invite?: string): Promise<Person> {
    const person = await this.stranger();
    await person.client.createAccount({ invite: invite ?? (await this.firstInvite()), name });
    return person;
  }

  /** Another device of a person's account. */
  async linked(person: Person): Promise<Person> {
    const device = await this.stranger();
    await device.client.createLinkedDevice(await person.client.exportDeviceLink());
    return device;
  }

  /** An admin and people whom he has invited, every one a contact of his. */
  async people(...names: readonly string[]): Promise<Person[]> {
    const [first, ...others] = names;
    const admin = await this.person(first ?? "Admin");
    const people = [admin];
    if (others.length === 0) return people;
    const { invite } = await admin.client.createInvite({ uses: others.length, expiresInMs: 3_600_000 });
    for (const name of others) people.push(await this.person(name, invite));
    return people;
  }

  /** Ada and Bob, who have a chat; with what Ada has said there first, if anything. */
  async pair(said?: string): Promise<{ ada: Person; bob: Person; chat: string }> {
    const [ada, bob] = (await this.people("Ada", "Bob")) as [Person, Person];
    const chat = await chatBetween(ada, bob);
    await chatBetween(bob, ada);
    if (said === undefined) return { ada, bob, chat };
    await ada.client.send({ chat, text: said });
    await sees(bob, chat, [said]);
    return { ada, bob, chat };
  }

  async end(): Promise<void> {
    if (process.env.DEFECTS) for (const { defects } of this.#people) if (defects.length > 0) console.log(defects);
    for (const { client } of this.#people) await client.close();
    await this.service.stop();
  }
}

export function openClient(
  person: Pick<Person, "store" | "network" | "defects">,
  wrap: (store: Store) => Store = (store) => store,
): Promise<Client> {
  return createClient({
    store: wrap(openSqliteStore(person.store)),
    network: person.network,
    clock: fastClock,
    crypto,
    suites: [classical],
    defect: (error) => person.defects.push(error),
  });
}

/** Ends the client as a crash would, and opens another on the same database. */
export async function reopen(person: Person): Promise<void> {
  person.network.cut();
  await person.client.close();
  person.client = await openClient(person);
}

/** Resolves when `probe` answers something; asked again after every event of the client. */
export function eventually<T>(client: Client, probe: () => Promise<T | undefined | false>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new Error(`it never came true: ${probe}`))), 20_000);
    const finish = (end: () => void) => {
      clearTimeout(timer);
      clearInterval(poll);
      stop();
      end();
    };
    const check = () => {
      probe().then(
        (value) => {
          if (value !== undefined && value !== false) finish(() => resolve(value));
        },
        (error) => finish(() => reject(error)),
      );
    };
    const stop = client.subscribe(check);
    const poll = setInterval(check, 100);
    check();
  });
}

/** The messages of a chat without notices. */
export async function texts(client: Client, chat: string): Promise<string[]> {
  return (await speech(client, chat)).map((message) => message.text);
}

export async function speech(client: Client, chat: string): Promise<MessageView[]> {
  const all = await client.messages({ chat, limit: 500 });
  return all.filter((message) => message.notice === undefined);
}

/** Waits until a chat shows these texts, in this order. */
export function sees(person: Person, chat: string, expected: readonly string[]): Promise<true> {
  return eventually(person.client, async () => {
    const known = await person.client.chats();
    if (!known.some((view) => view.chat === chat)) return false;
    return JSON.stringify(await texts(person.client, chat)) === JSON.stringify(expected);
  });
}

/** The direct chat between two people, as the first sees it. */
export async function chatBetween(a: Person, b: Person): Promise<string> {
  const other = (await b.client.account())?.account ?? "";
  return eventually(a.client, async () => (await a.client.contacts()).find((c) => c.contact === other)?.chat);
}

export async function idOf(person: Person): Promise<string> {
  return (await person.client.account())?.account ?? "";
}

/** Waits until a person has a chat. */
export async function hasChat(person: Person, chat: string): Promise<void> {
  await eventually(person.client, async () => (await person.client.chats()).some((view) => view.chat === chat));
}

let spoken = 0;

/** One says something in a chat that the other waits for. */
export async function speaks(speaker: Person, listener: Person, chat: string): Promise<void> {
  await hasChat(speaker, chat);
  spoken++;
  const text = `said ${spoken}`;
  await speaker.client.send({ chat, text });
  await eventually(listener.client, async () => (await texts(listener.client, chat)).includes(text));
}
