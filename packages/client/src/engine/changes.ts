/** What a transaction changed, collected while it runs and announced when it is durable. */
export class Changes {
  /** Messages by id; true when new. */
  readonly messages = new Map<string, boolean>();
  readonly chats = new Set<string>();
  readonly flags = new Set<"account" | "chats" | "contacts" | "preferences">();

  message(message: string, isNew = false): void {
    this.messages.set(message, isNew || this.messages.get(message) === true);
  }

  /** Something that the page of this chat shows; lists of chats show it too. */
  chat(chat: string): void {
    this.chats.add(chat);
    this.flags.add("chats");
  }

  mark(flag: "account" | "chats" | "contacts" | "preferences"): void {
    this.flags.add(flag);
  }
}
