/** The build rules that ARCHITECTURE.md states: who may import whom, and what a core may not touch. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Which workspaces each one may import; itself is always allowed. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "packages/protocol": [],
  "packages/session": ["@rempart/protocol"],
  "packages/client": ["@rempart/protocol", "@rempart/session"],
  // It cannot know accounts or logs, because it cannot import what does.
  "packages/gate": ["@rempart/protocol"],
  "packages/server": ["@rempart/protocol", "@rempart/gate"],
  "packages/lab": ["@rempart/protocol", "@rempart/session", "@rempart/client", "@rempart/server", "@rempart/gate"],
  // The terminal program also starts the server; nothing else of the two meets.
  "apps/cli": ["@rempart/protocol", "@rempart/session", "@rempart/client", "@rempart/server"],
  "apps/web": ["@rempart/protocol", "@rempart/session", "@rempart/client"],
};

/** Folders whose code reaches time, randomness, network and disk only through ports. */
const cores = [
  "packages/protocol/src",
  "packages/session/src",
  "packages/client/src",
  "packages/gate/src",
  "packages/server/src",
];
const shells = [
  "packages/session/src/provider",
  "packages/client/src/platform",
  "packages/gate/src/platform",
  "packages/server/src/platform",
];

const impure = [
  { pattern: /\bDate\.now\b|\bnew Date\(\)/, what: "reads the clock" },
  { pattern: /\bMath\.random\b|\bgetRandomValues\b/, what: "draws randomness" },
  { pattern: /\bfrom "node:/, what: "imports a Node module" },
  { pattern: /(?<![.#\w])(setTimeout|setInterval|setImmediate|fetch|WebSocket)\(/, what: "reaches outside" },
];

interface Source {
  readonly path: string;
  readonly text: string;
}

function sourcesUnder(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|tsx)$/.test(name) && !/node_modules|dist\//.test(name))
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(root, folder, name), "utf8") }));
}

function importsOf(source: Source): string[] {
  return [...source.text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
}

/** Tests, what only tests use, and the suites that every adapter of a port has to pass. */
const isTest = (path: string) => /\.test\.tsx?$|\/(test|testing)\/|-contract\.ts$/.test(path);

for (const [workspace, others] of Object.entries(allowed)) {
  test(`${workspace} imports only ${others.join(", ") || "nothing of ours"}`, () => {
    const sources = sourcesUnder(workspace);
    assert.ok(sources.length > 0, `${workspace} has sources`);
    for (const source of sources.filter(({ path }) => !isTest(path))) {
      for (const specifier of importsOf(source)) {
        if (specifier.startsWith(".")) {
          const target = relative(root, resolve(root, dirname(source.path), specifier));
          assert.ok(target.startsWith(`${workspace}/`), `${source.path} reaches into ${target}`);
        } else if (/^(@rempart\/|rempart$)/.test(specifier)) {
          const name = specifier.split("/").slice(0, 2).join("/");
          const own = JSON.parse(readFileSync(join(root, workspace, "package.json"), "utf8")).name;
          assert.ok(name === own || others.includes(name), `${source.path} imports ${specifier}`);
        }
      }
    }
  });
}

test("nothing imports the lab, and only the terminal and the lab import the server", () => {
  for (const [workspace, others] of Object.entries(allowed)) {
    assert.ok(!others.includes("@rempart/lab"), workspace);
    if (workspace !== "apps/cli" && workspace !== "packages/lab")
      assert.ok(!others.includes("@rempart/server"), workspace);
  }
});

/** What counts a visitor's proof, and what knows his account, stand in different rooms: no import joins them. */
test("the server's core and engine know nothing of the gate", () => {
  const sources = ["core", "engine"].flatMap((folder) => sourcesUnder(`packages/server/src/${folder}`));
  assert.ok(sources.length > 0);
  for (const source of sources)
    assert.ok(!importsOf(source).some((each) => each.startsWith("@rempart/gate")), source.path);
});

for (const core of cores) {
  test(`${core} is pure outside its shell`, () => {
    const sources = sourcesUnder(core).filter(
      ({ path }) => !isTest(path) && !shells.some((shell) => path.startsWith(`${shell}/`)),
    );
    assert.ok(sources.length > 0);
    for (const { path, text } of sources) {
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      for (const { pattern, what } of impure) assert.ok(!pattern.test(code), `${path} ${what}`);
    }
  });
}

test("the impurity patterns catch what they are for", () => {
  const offenders = [
    "const t = Date.now();",
    "Math.random()",
    'import fs from "node:fs";',
    "setTimeout(f, 1)",
    "new Date()",
  ];
  for (const code of offenders)
    assert.ok(
      impure.some(({ pattern }) => pattern.test(code)),
      code,
    );
});
