import assert from "node:assert/strict";
import { test } from "node:test";
import { type CommandLine, parseCommandLine } from "../src/arguments.ts";
import type { Command } from "../src/command.ts";
import { commands } from "../src/commands/index.ts";
import { CliError } from "../src/failure.ts";
import { parseListenAddress, parseOrigin } from "../src/listen-address.ts";
import { parseDuration } from "../src/text/time.ts";

const parse = (...argv: readonly string[]): CommandLine => parseCommandLine(argv, commands);
const nameOf = (line: CommandLine): string | undefined => line.command?.name;
const isUsage = (error: unknown): boolean => error instanceof CliError && error.code === "ERR_USAGE";

test("a command of two words is found, with options before, between and after", () => {
  const line = parse("--home", "/h", "chat", "list", "--json");
  assert.equal(nameOf(line), "chat list");
  assert.equal(line.args.text("home"), "/h");
  assert.equal(line.args.flag("json"), true);
  assert.equal(nameOf(parse("--json", "send", "bo", "hi")), "send");
});

test("text after -- is never taken for an option", () => {
  assert.deepEqual(parse("send", "bo", "--", "--json").args.positionals, ["bo", "--json"]);
});

test("too few and too many arguments are ERR_USAGE, except for help", () => {
  assert.throws(() => parse("send"), isUsage);
  assert.throws(() => parse("chat", "list", "extra"), isUsage);
  assert.equal(nameOf(parse("send", "--help")), "send");
});

test("every command of the contract is there, with a usage, and takes what all take", () => {
  const wanted = [
    "server",
    "account create",
    "account show",
    "invite create",
    "contact link",
    "contact add",
    "contact list",
    "chat list",
    "group create",
    "group add",
    "group remove",
    "group leave",
    "group rename",
    "send",
    "react",
    "reply",
    "edit",
    "delete",
    "history",
    "listen",
    "chat open",
  ];
  const names = commands.map(({ name }) => name);
  assert.deepEqual(
    wanted.filter((name) => !names.includes(name)),
    [],
  );
  assert.equal(new Set(names).size, names.length);
});

test("a number outside its range, or none, is ERR_USAGE", () => {
  const range = { min: 1, max: 10, otherwise: 5 };
  const limit = (value: string) => parse("history", "bo", `--limit=${value}`).args.integer("limit", range);
  assert.equal(limit("10"), 10);
  assert.equal(parse("history", "bo").args.integer("limit", range), 5);
  for (const bad of ["0", "11", "x", "1.5", "-1", ""]) assert.throws(() => limit(bad), isUsage, bad);
});

test("durations", () => {
  assert.equal(parseDuration("30s"), 30_000);
  assert.equal(parseDuration("7d"), 7 * 86_400_000);
  for (const bad of ["", "7", "d", "0d", "7 d", "-1d", "1y", "9999999d"])
    assert.throws(() => parseDuration(bad), isUsage, bad);
});

test("addresses to listen on", () => {
  const parsed = (text: string) => parseListenAddress("--listen", text);
  assert.deepEqual(parsed("0.0.0.0:8080"), { host: "0.0.0.0", port: 8080 });
  assert.deepEqual(parsed("[::1]:0"), { host: "::1", port: 0 });
  assert.deepEqual(parsed(":81"), { host: "127.0.0.1", port: 81 });
  assert.deepEqual(parsed("81"), { host: "127.0.0.1", port: 81 });
  for (const bad of ["", "host", "host:", "host:65536", "a b:1", "::1:80"])
    assert.throws(() => parsed(bad), isUsage, bad);
});

test("public addresses", () => {
  assert.equal(parseOrigin("https://Chat.Example/"), "https://chat.example");
  for (const bad of ["chat.example", "ftp://x", "https://x/path", "https://u@x", "https://x/?q", ""]) {
    assert.throws(() => parseOrigin(bad), isUsage, bad);
  }
});

test("a command with one word does not hide those with two", () => {
  const make = (name: string): Command => ({
    name,
    usage: "",
    summary: "",
    positionals: { min: 0, max: 1 },
    run: async () => undefined,
  });
  const both = [make("chat"), make("chat list")];
  assert.equal(parseCommandLine(["chat", "list"], both).command?.name, "chat list");
  assert.equal(parseCommandLine(["chat", "other"], both).command?.name, "chat");
});
