import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Inline, parseInline, parseMarkdown } from "./markdown.ts";
import { plainText } from "./plain-text.ts";

const text = (value: string): Inline => ({ kind: "text", text: value });

/** All characters that a reader sees. */
function visible(inlines: readonly Inline[]): string {
  return inlines.map((each) => ("children" in each ? visible(each.children) : each.text)).join("");
}

const cases: readonly [string, string, readonly Inline[]][] = [
  ["bold", "a **b** c", [text("a "), { kind: "bold", children: [text("b")] }, text(" c")]],
  ["italic with stars", "*a*", [{ kind: "italic", children: [text("a")] }]],
  ["italic with underscores", "_a b_", [{ kind: "italic", children: [text("a b")] }]],
  ["struck", "~~a~~", [{ kind: "strike", children: [text("a")] }]],
  ["a spoiler", "||a||", [{ kind: "spoiler", children: [text("a")] }]],
  ["code, whose content is left alone", "`**a**`", [{ kind: "code", text: "**a**" }]],
  [
    "italic in bold",
    "**a *b* c**",
    [{ kind: "bold", children: [text("a "), { kind: "italic", children: [text("b")] }, text(" c")] }],
  ],
  ["no italic inside a word", "snake_case_name", [text("snake_case_name")]],
  ["no mark before a space", "2 * 3 * 4", [text("2 * 3 * 4")]],
  ["nothing from a mark that is not closed", "**a", [text("**a")]],
];

for (const [name, source, expected] of cases) {
  test(`markdown: ${name}`, () => assert.deepEqual(parseInline(source), expected));
}

test("markdown: an address ends before the punctuation of its sentence", () => {
  assert.deepEqual(parseInline("see https://example.org/a_b, or"), [
    text("see "),
    { kind: "link", text: "https://example.org/a_b", href: "https://example.org/a_b" },
    text(", or"),
  ]);
});

test("markdown: a named link keeps its address, and no other scheme becomes one", () => {
  assert.deepEqual(parseInline("[x](https://example.org/)"), [
    { kind: "link", text: "x", href: "https://example.org/" },
  ]);
  for (const source of ["[x](javascript:alert(1))", "javascript:alert(1)", "[x](data:text/html,x)"]) {
    assert.ok(!parseInline(source).some((each) => each.kind === "link"));
  }
});

test("markdown: a fenced block stands alone, and its content is left alone", () => {
  assert.deepEqual(parseMarkdown("a\n```ts\nlet **x**;\n```\nb"), [
    { kind: "paragraph", children: [text("a")] },
    { kind: "code-block", text: "let **x**;" },
    { kind: "paragraph", children: [text("b")] },
  ]);
});

test("markdown: any text parses, loses no letter, and links only lead to the web", () => {
  const marks = fc.constantFrom(
    "*",
    "**",
    "_",
    "~~",
    "||",
    "`",
    "```",
    "[",
    "](",
    ")",
    "https://a.b/",
    " ",
    "\n",
    "x",
    "é",
  );
  fc.assert(
    fc.property(fc.array(marks, { maxLength: 60 }), (parts) => {
      const source = parts.join("");
      const inlines = parseInline(source);
      const letters = (value: string) => value.replace(/[^xé]/g, "");
      assert.equal(letters(visible(inlines)), letters(source));
      const links = JSON.stringify(inlines).matchAll(/"href":"([^"]*)"/g);
      for (const [, href] of links) assert.match(href ?? "", /^https?:\/\//);
    }),
  );
});

test("markdown: hostile nesting takes time that grows with the length only", () => {
  for (const piece of ["*", "**a", "||", "[", "`", "~~ ", "_a", "```"])
    assert.ok(parseMarkdown(piece.repeat(16_384 / piece.length)).length > 0, piece);
});

test("a line of plain text has no marks, and hides spoilers", () => {
  assert.equal(plainText("**Hi**\n`x`"), "Hi x");
  assert.doesNotMatch(plainText("||secret||"), /secret/);
});
