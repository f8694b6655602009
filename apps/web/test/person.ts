/** Somebody at a browser: does what a person does, through what a person sees. */
import type { BrowserContext, Locator, Page } from "playwright-core";

/** What browsers write about a connection that is gone, which tests take away on purpose. */
const expectedErrors = /WebSocket connection to .* failed|net::ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED)/;

export class Person {
  readonly name: string;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors on the console, exceptions, and violations of the content security policy. */
  readonly complaints: string[];

  private constructor(parts: Pick<Person, "name" | "context" | "page" | "complaints">) {
    this.name = parts.name;
    this.context = parts.context;
    this.page = parts.page;
    this.complaints = parts.complaints;
  }

  static async open(name: string, context: BrowserContext, complaints: string[] = []): Promise<Person> {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => complaints.push(`${name}: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      const isExpected = expectedErrors.test(message.text());
      if (message.type() === "error" && !isExpected) complaints.push(`${name}: ${message.text()}`);
    });
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error("policy violation", event.violatedDirective, event.blockedURI);
      });
    });
    return new Person({ name, context, page, complaints });
  }

  /** Another tab of the same browser. */
  async secondTab(): Promise<Person> {
    return Person.open(this.name, this.context, this.complaints);
  }

  /** From an invitation to the chat list. */
  async signUp(link: string): Promise<void> {
    await this.fillCheck(await this.startSignUp(link));
    await this.page.getByRole("button", { name: "Check" }).click();
    await this.page.getByRole("navigation", { name: "Chats" }).waitFor();
  }

  /** From an invitation to the check of the recovery phrase, whose words it gives. */
  async startSignUp(link: string): Promise<readonly string[]> {
    const { page } = this;
    await page.goto(link);
    await page.getByLabel("Your name").fill(this.name);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("heading", { name: "Recovery phrase" }).waitFor();
    const words = await page.locator(".phrase li span").allTextContents();
    await page.getByRole("button", { name: "I have written them down" }).click();
    return words;
  }

  /** Writes the words that are asked for. */
  async fillCheck(words: readonly string[]): Promise<void> {
    await this.page.getByRole("button", { name: "Check" }).waitFor();
    for (const field of await this.page.locator(".sheet .field").all()) {
      const label = (await field.locator("label").textContent()) ?? "";
      await field.locator("input").fill(words[Number(/\d+/.exec(label)?.[0]) - 1] ?? "");
    }
  }

  /** Makes an invitation and gives its link. */
  async invite(): Promise<string> {
    const { page } = this;
    await page.getByRole("button", { name: "New conversation" }).click();
    // An empty chat list offers the same, and is still there on a slow machine.
    await page.locator(".page").getByRole("button", { name: "Invite somebody" }).click();
    await page.getByRole("button", { name: "Create invitation" }).click();
    return page.getByRole("textbox", { name: "Invitation link" }).inputValue();
  }

  chatRow(title: string): Locator {
    return this.page.locator(".chat-row", { has: this.page.locator(".chat-row-title", { hasText: title }) });
  }

  async openChat(title: string): Promise<void> {
    await this.chatRow(title).first().click();
    await this.page.locator(".bar-person .bar-title", { hasText: title }).waitFor();
  }

  async openInfo(): Promise<void> {
    await this.page.locator(".bar-person").click();
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: "Message" });
  }

  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** The row of the message that says this; several texts that contain it would be a defect of the test. */
  message(text: string): Locator {
    return this.page.locator(".message", { has: this.page.locator(".bubble", { hasText: text }) });
  }

  async sees(text: string): Promise<void> {
    await this.message(text).first().waitFor();
  }

  /** Waits until one's own message has come at least as far as one of these states. */
  async seesState(text: string, ...states: readonly ("Sent" | "Delivered" | "Read")[]): Promise<void> {
    const marks = states.map((state) => `.state-mark[aria-label="${state}"]`).join(", ");
    await this.message(text).locator(marks).waitFor();
  }

  /** Chooses an action from a message's menu. */
  async act(text: string, action: string): Promise<void> {
    await this.message(text)
      .locator(".bubble")
      .first()
      .click({ button: "right", position: { x: 20, y: 8 } });
    await this.page.getByRole("menuitem", { name: action, exact: true }).click();
  }

  /** All texts of the conversation in view, in order. */
  async texts(): Promise<readonly string[]> {
    return this.page.locator(".message .paragraph").allTextContents();
  }
}
