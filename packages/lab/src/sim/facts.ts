/**
 * What really happened in a run, as the simulation knows it because it did it: who said what, and what he
 * was told about it. The engines are judged against this.
 */
import type { MessageView } from "@rempart/client";
import type { Violations } from "./violation.ts";

export interface Said {
  readonly message: string;
  readonly chat: string;
  readonly account: string;
  readonly device: string;
  /** The marked text it was sent with. */
  readonly text: string;
  /** Set once `whenSent` said that the server has it for good. */
  ackedSeq?: number;
}

export class Facts {
  readonly #violations: Violations;
  readonly #said = new Map<string, Said>();
  readonly #byText = new Map<string, Said>();
  /** Where each message stands in its log, as the first device that showed it said. */
  readonly #positions = new Map<string, { readonly seq: number; readonly device: string }>();
  /** Which devices have each message on their disks, and which have had it until a backup took the disk's place. */
  readonly #keepers = new Map<string, Set<string>>();
  readonly #losers = new Map<string, Set<string>>();
  /** In which chat each message was shown first: what was said again has an id that its author was not told. */
  readonly #shownIn = new Map<string, string>();
  /** By chat: the devices that were in it. */
  readonly #lostPlaces = new Map<string, ReadonlySet<string>>();
  #texts = 0;

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  /** A number for the next marked text, so that no two are alike. */
  nextText(): number {
    return this.#texts++;
  }

  get said(): readonly Said[] {
    return [...this.#said.values()];
  }

  find(message: string): Said | undefined {
    return this.#said.get(message);
  }

  say(said: Said): void {
    if (this.#said.has(said.message)) {
      this.#violations.report("I3", `${said.device} gave message id ${said.message} to a second message`);
    }
    this.#said.set(said.message, said);
    this.#byText.set(said.text, said);
  }

  acked(message: string, seq: number): void {
    const said = this.#said.get(message);
    if (said === undefined) return;
    said.ackedSeq = seq;
    this.placed(message, seq, said.device);
  }

  kept(message: string, device: string): void {
    this.#keepers.set(message, (this.#keepers.get(message) ?? new Set()).add(device));
  }

  /** A device's disk was replaced by an older one, which does not have this message. */
  lost(message: string, device: string): void {
    this.#keepers.get(message)?.delete(device);
    this.#losers.set(message, (this.#losers.get(message) ?? new Set()).add(device));
  }

  /** Whether a device had this message until it was restored from an older backup. */
  hadLost(message: string, device: string): boolean {
    return this.#losers.get(message)?.has(device) === true;
  }

  /** Whether one of these devices has this message on its disk. */
  isKeptBy(message: string, devices: readonly string[]): boolean {
    const keepers = this.#keepers.get(message);
    return devices.some((device) => keepers?.has(device));
  }

  /**
   * Whether every disk that had this message was replaced by an older one. Its entry is still in the log, but the keys
   * that opened it were on those disks alone: nobody can ever read it again, and no protocol could help that.
   */
  isGone(message: string): boolean {
    return this.#keepers.get(message)?.size === 0;
  }

  /** Nobody can come back into a one-to-one chat: what was on its way there is said again, elsewhere. */
  noteLostPlace(chat: string, devices: readonly string[]): void {
    this.#lostPlaces.set(chat, new Set([...(this.#lostPlaces.get(chat) ?? []), ...devices]));
  }

  /** Whether a message was said in a chat that was lost before this device came into it: nobody can take it there any more. */
  isOutOfReach(message: string, device: string): boolean {
    const chat = this.#shownIn.get(message);
    const devices = chat === undefined ? undefined : this.#lostPlaces.get(chat);
    return devices !== undefined && !devices.has(device);
  }

  /** Whether a text was said in a chat that was lost. */
  maySayAgain(text: string): boolean {
    const said = this.#byText.get(text);
    return said !== undefined && this.#isOver(said);
  }

  /** A device shows this message: what it shows must agree with what was said, and where others have it. */
  shown(view: MessageView, device: string): void {
    if (view.notice !== undefined) return;
    if (view.seq > 0) this.placed(view.message, view.seq, device);
    const said = this.#byText.get(view.text);
    if (!this.#shownIn.has(view.message)) this.#shownIn.set(view.message, view.chat);
    if (said !== undefined && said.message !== view.message && !this.#isOver(said)) {
      this.#violations.report("I3", `${device} shows the text of message ${said.message} as message ${view.message}`);
    }
    const known = this.#said.get(view.message);
    if (known !== undefined && known.account !== view.from) {
      this.#violations.report(
        "I3",
        `${device} shows message ${view.message} as sent by ${view.from}, not ${known.account}`,
      );
    }
  }

  /** Whether the chat that a message was said in was lost: it may have been said again. */
  #isOver({ message, chat }: Said): boolean {
    return this.#lostPlaces.has(this.#shownIn.get(message) ?? chat);
  }

  private placed(message: string, seq: number, device: string): void {
    const known = this.#positions.get(message);
    if (known === undefined) this.#positions.set(message, { seq, device });
    else if (known.seq !== seq) {
      this.#violations.report(
        "I3",
        `message ${message} is at seq ${seq} on ${device}, at ${known.seq} on ${known.device}`,
      );
    }
  }
}
