/** Every screen, as a state of the page on the fake client. */
import type { Page } from "playwright-core";
import { directId, groupId } from "./fake-data.ts";

export interface Scene {
  readonly name: string;
  /** What the page's address says; see `harness/main.tsx`. */
  readonly query: Readonly<Record<string, string>>;
  /** What a person does then. */
  act?(page: Page): Promise<unknown>;
  /** There once the screen stands. */
  readonly ready: string;
}

const route = (value: object) => ({ route: JSON.stringify(value) });
const group = route({ name: "chat", chat: groupId });
const direct = route({ name: "chat", chat: directId });

export const scenes: readonly Scene[] = [
  { name: "welcome", query: { scene: "new" }, ready: ".sheet form" },
  { name: "name", query: { scene: "new", link: "/i#abc" }, ready: ".sheet .avatar" },
  { name: "phrase", query: { scene: "phrase" }, ready: ".phrase" },
  {
    name: "check",
    query: { scene: "phrase" },
    act: (page) => page.locator(".sheet-actions button").click(),
    ready: ".sheet .field",
  },
  { name: "empty", query: { scene: "empty" }, ready: ".empty-list" },
  { name: "chats", query: { scene: "offline" }, ready: ".connection-line" },
  { name: "in-line", query: { scene: "busy" }, ready: ".waiting-line" },
  { name: "working", query: { scene: "working" }, ready: ".waiting-progress" },
  { name: "gone", query: { scene: "gone" }, ready: ".waiting-line" },
  {
    name: "name-in-siege",
    query: { scene: "new", link: "/i#abc" },
    async act(page) {
      await page.locator(".sheet input").fill("Siège");
      await page.locator('.sheet button[type="submit"]').click();
    },
    ready: ".waiting-progress",
  },
  { name: "group-chat", query: group, ready: '[data-message="m53"]' },
  { name: "direct-chat", query: direct, ready: '[data-message="d400"]' },
  {
    name: "menu",
    query: group,
    act: (page) => page.locator('[data-message="m50"] .bubble').click({ button: "right" }),
    ready: ".menu-item",
  },
  {
    name: "reply",
    query: group,
    async act(page) {
      await page.locator('[data-message="m52"]').focus();
      await page.keyboard.press("r");
      await page.locator("textarea").fill("Two lines\nof an answer");
    },
    ready: ".composer-mode",
  },
  {
    name: "emoji",
    query: group,
    act: (page) => page.locator(".composer .icon-button").nth(1).click(),
    ready: ".emoji-picker",
  },
  {
    name: "scrolled",
    query: direct,
    async act(page) {
      await page.locator('[data-message="d400"]').waitFor();
      await page.locator(".message-scroll").hover();
      // Two frames: the list measures its rows and goes to their end.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await page.mouse.wheel(0, -900);
    },
    ready: ".to-end",
  },
  { name: "group-info", query: route({ name: "info", chat: groupId }), ready: ".field-row" },
  { name: "contact-info", query: route({ name: "info", chat: directId }), ready: ".account-key" },
  { name: "people", query: route({ name: "people" }), ready: ".inline-form" },
  { name: "new-group", query: route({ name: "new-group" }), ready: ".checkbox" },
  {
    name: "add-contact",
    query: route({ name: "add-contact", link: "https://chat.example/c#abc" }),
    ready: ".account-key",
  },
  { name: "my-link", query: route({ name: "my-link" }), ready: ".qr path" },
  {
    name: "invites",
    query: route({ name: "invites" }),
    act: (page) => page.locator("form .button").click(),
    ready: ".qr path",
  },
  { name: "settings", query: route({ name: "settings" }), ready: ".switch" },
  {
    name: "shortcuts",
    query: route({ name: "settings" }),
    async act(page) {
      await page.locator(".switch").waitFor();
      await page.keyboard.press("?");
    },
    ready: "dialog .shortcuts",
  },
  { name: "failure", query: { failure: "ERR_LOCAL_FULL" }, ready: ".sheet .button" },
];

export const layouts = [
  { name: "desktop-light", viewport: { width: 1280, height: 800 }, colorScheme: "light", locale: "en" },
  { name: "phone-dark", viewport: { width: 360, height: 740 }, colorScheme: "dark", locale: "fr" },
  { name: "desktop-dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark", locale: "fr" },
  { name: "phone-light", viewport: { width: 360, height: 740 }, colorScheme: "light", locale: "en" },
] as const;

/** Opens a scene and waits until it stands. */
export async function show(page: Page, url: string, { query, act, ready }: Scene): Promise<void> {
  await page.goto(`${url}/?${new URLSearchParams(query)}`);
  await act?.(page);
  await page.locator(ready).first().waitFor();
}
