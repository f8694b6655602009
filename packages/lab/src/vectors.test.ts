import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { LabError } from "./lab-error.ts";
import { type FileRunner, runVectors } from "./vectors.ts";

type CaseResult = Awaited<ReturnType<FileRunner>>["cases"][number];

const directory = await mkdtemp(join(tmpdir(), "rempart-vectors-"));
after(() => rm(directory, { recursive: true }));

async function fileWith(text: string): Promise<string> {
  const path = join(directory, `${crypto.randomUUID()}.json`);
  await writeFile(path, text);
  return path;
}

async function run(args: string[], cases: readonly CaseResult[] = []): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const code = await runVectors(args, { print: (line) => lines.push(line), run: async () => ({ cases }) });
  return { code, lines };
}

test("prints one line a case and a closing count; a skipped case is no failure", async () => {
  const file = await fileWith("[]");
  const { code, lines } = await run(
    ["mls", file],
    [
      { index: 0, suite: "MLS_A", result: "passed" },
      { index: 1, suite: "9", result: "skipped", reason: "cipher suite not supported" },
    ],
  );
  assert.deepEqual(lines, [
    `${file} case 0 suite MLS_A: passed`,
    `${file} case 1 suite 9: skipped (cipher suite not supported)`,
    "1 passed, 0 failed, 1 skipped",
  ]);
  assert.equal(code, 0);
});

test("counts over all files, and a failed case makes the exit code 1", async () => {
  const [one, two] = [await fileWith("[]"), await fileWith("[]")];
  const { code, lines } = await run(
    ["mls", one, two],
    [{ index: 0, suite: "MLS_B", result: "failed", reason: "epoch 3" }],
  );
  assert.equal(lines.at(-1), "0 passed, 2 failed, 0 skipped");
  assert.equal(code, 1);
});

for (const [what, text] of [
  ["is not JSON", "{"],
  ["is no list of cases", '{"cases": 3}'],
] as const) {
  test(`a file that ${what} is ERR_VECTOR_FILE`, async () => {
    const file = await fileWith(text);
    await assert.rejects(runVectors(["mls", file], { print: () => undefined }), isCoded("ERR_VECTOR_FILE"));
  });
}

test("a file that is not there is ERR_VECTOR_FILE", async () => {
  await assert.rejects(run(["mls", join(directory, "missing.json")]), isCoded("ERR_VECTOR_FILE"));
});

test("no file, or an unknown kind of vectors, is ERR_USAGE", async () => {
  await assert.rejects(run(["mls"]), isCoded("ERR_USAGE"));
  await assert.rejects(run(["tls", await fileWith("[]")]), isCoded("ERR_USAGE"));
});

function isCoded(code: string): (error: unknown) => boolean {
  return (error) => error instanceof LabError && error.code === code;
}

test("the working group's own file passes, and one changed authenticator fails", async () => {
  const path = new URL("../../../../shared/vectors/mls/passive-client-welcome.json", import.meta.url);
  const cases = JSON.parse(await readFile(path, "utf8").catch(missingVectors)) as {
    initial_epoch_authenticator: string;
  }[];
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const some = cases.slice(0, 4);
  assert.equal(await runVectors(["mls", await fileWith(JSON.stringify(some))], { print }), 0);
  assert.equal(lines.at(-1), "4 passed, 0 failed, 0 skipped");

  const damaged = some.map((one, i) => (i === 2 ? { ...one, initial_epoch_authenticator: "00".repeat(32) } : one));
  assert.equal(await runVectors(["mls", await fileWith(JSON.stringify(damaged))], { print }), 1);
  assert.equal(lines.at(-1), "3 passed, 1 failed, 0 skipped");
});

function missingVectors(): never {
  throw new Error("the vectors of the MLS working group belong in ../shared/vectors/mls beside the repository");
}

const privacyPass = new URL("../../../../shared/vectors/privacypass/", import.meta.url);

for (const [name, field] of [
  ["auth_scheme_token_v14.json", "token_authenticator_input"],
  ["pub_verif_rfc9578.go.json", "token_response"],
] as const) {
  test(`[GT11] Privacy Pass: ${name} passes, one changed ${field} fails, other token types are skipped`, async () => {
    const text = await readFile(new URL(name, privacyPass), "utf8").catch(missingPrivacyPass);
    const cases = JSON.parse(text) as Record<string, string>[];
    const lines: string[] = [];
    const print = (line: string) => lines.push(line);
    assert.equal(await runVectors(["privacypass", await fileWith(text)], { print }), 0);
    assert.equal(lines.at(-1), `${cases.length} passed, 0 failed, 0 skipped`);
    assert.equal(lines.length, cases.length + 1);

    const changed = cases.map((one, index) => {
      const value = one[field] ?? "";
      if (index === 0) return { ...one, [field]: `${value.slice(0, -2)}${value.endsWith("00") ? "01" : "00"}` };
      if (index === 1) return { ...one, token_type: "da7a", token: `da7a${one.token?.slice(4) ?? ""}` };
      return one;
    });
    assert.equal(await runVectors(["privacypass", await fileWith(JSON.stringify(changed))], { print }), 1);
    assert.equal(lines.at(-1), `${cases.length - 2} passed, 1 failed, 1 skipped`);
  });
}

test("a Privacy Pass file whose case is of no known shape is ERR_VECTOR_FILE", async () => {
  const file = await fileWith('[{"token_type": "0002"}]');
  await assert.rejects(runVectors(["privacypass", file], { print: () => undefined }), isCoded("ERR_VECTOR_FILE"));
});

function missingPrivacyPass(): never {
  throw new Error("the vectors of Privacy Pass belong in ../shared/vectors/privacypass beside the repository");
}
