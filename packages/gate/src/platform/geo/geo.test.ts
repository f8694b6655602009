import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { GeoError, MmdbTable, RangeTable, SourceTables, TableFolder, updateTable } from "./index.ts";
import { tableSource } from "./table-source.ts";
import { tarEntry } from "./tar-entry.ts";
import { mmdbOf, type Row } from "./testing/mmdb.ts";

const scratch = mkdtempSync(join(tmpdir(), "rempart-geo-test-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
let folders = 0;
const freshFolder = () => join(scratch, `folder-${folders++}`);
const countryRow = (prefix: string, country: string): Row => ({ prefix, record: { country_code: country } });

/** A table that passes for one of the world. */
const world = (country: string) =>
  mmdbOf(["8.8.8.0/24", "193.0.6.0/24", "1.1.1.0/24", "200.160.2.0/24"].map((prefix) => countryRow(prefix, country)));
const origin = { source: "test", version: "1", licence: "none" };

function codeIs(code: GeoError["code"]) {
  return (error: unknown) => error instanceof GeoError && error.code === code;
}

describe("a table in MaxMind's format", () => {
  const table = new MmdbTable(
    mmdbOf([
      countryRow("198.51.100.0/24", "XA"),
      { prefix: "203.0.113.128/25", record: { autonomous_system_number: 64_512 } },
      countryRow("192.0.2.0/24", "not a country"),
    ]),
  );

  test("says country and network, and nothing where it has none", () => {
    assert.deepEqual(table.lookup("198.51.100.77"), { country: "XA", network: 0 });
    assert.deepEqual(table.lookup("203.0.113.200"), { country: "", network: 64_512 });
    for (const address of ["203.0.113.1", "192.0.2.1", "127.0.0.1", "2001:db8::1"])
      assert.deepEqual(table.lookup(address), { country: "", network: 0 });
  });

  test("answers for any text, and for any damage either refuses the table or answers", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(typeof table.lookup(text).network, "number");
      }),
    );
    const bytes = world("XA");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = value;
        try {
          assert.equal(typeof new MmdbTable(damaged).lookup("8.8.8.8").country, "string");
        } catch (error) {
          assert.ok(codeIs("ERR_GEO_TABLE")(error), String(error));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("refuses what is none", () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from("a,b,c"), Buffer.alloc(4_096, 7)])
      assert.throws(() => new MmdbTable(bytes), codeIs("ERR_GEO_TABLE"));
  });
});

describe("a table of text", () => {
  test("takes the first range that holds the address", () => {
    const table = new RangeTable("# invented\n127.1.2.0/24,XB\n127.1.0.0/16,XA,64512\n2001:db8::/32,XC,7\n::/0,,9\n");
    assert.deepEqual(table.lookup("127.1.2.3"), { country: "XB", network: 0 });
    assert.deepEqual(table.lookup("127.1.3.3"), { country: "XA", network: 64_512 });
    assert.deepEqual(table.lookup("2001:db8:1::"), { country: "XC", network: 7 });
    assert.deepEqual(table.lookup("2001:db9::"), { country: "", network: 9 });
    assert.deepEqual(table.lookup("10.0.0.1"), { country: "", network: 0 });
    assert.deepEqual(table.lookup("nonsense"), { country: "", network: 0 });
  });

  test("names the line that is wrong", () => {
    for (const line of ["127.0.0.0", "127.0.0.0/33,XA", "127.0.0.0/8,xa", "1.2.3/8,XA", "::/0,XA,4294967296"]) {
      assert.throws(() => new RangeTable(`127.0.0.0/8,XA\n${line}`), /line 2 is not/);
    }
  });
});

describe("the folder of tables", () => {
  test("keeps one table, and says which", async () => {
    const folder = new TableFolder(freshFolder());
    assert.equal(await folder.read(), undefined);
    await folder.install({ ...origin, bytes: world("XA") }, 1);
    const second = await folder.install({ ...origin, bytes: world("XB") }, 2);
    const stored = await folder.read();
    assert.deepEqual(stored?.description, second);
    assert.equal(stored?.table.lookup("8.8.8.8").country, "XB");
    assert.deepEqual(readdirSync(folder.path).sort(), [second.file, "country.json"].sort());
  });

  test("a table that knows no country does not replace one that does", async () => {
    const folder = new TableFolder(freshFolder());
    const { sha256 } = await folder.install({ ...origin, bytes: world("XA") }, 1);
    const bytes = mmdbOf([countryRow("192.0.2.0/24", "XA")]);
    await assert.rejects(folder.install({ ...origin, bytes }, 2), codeIs("ERR_GEO_TABLE"));
    assert.equal((await folder.read())?.description.sha256, sha256);
  });

  test("a changed table and a damaged description are noticed, a path out of the folder is refused", async () => {
    const folder = new TableFolder(freshFolder());
    const { file } = await folder.install({ ...origin, bytes: world("XA") }, 1);
    writeFileSync(join(folder.path, file), world("XB"));
    await assert.rejects(folder.read(), codeIs("ERR_GEO_INTEGRITY"));
    for (const text of ["", "{", "[]", '{"file":"../x","sha256":"","installedAt":1}']) {
      writeFileSync(join(folder.path, "country.json"), text);
      await assert.rejects(folder.read(), codeIs("ERR_GEO_INTEGRITY"));
    }
  });
});

describe("an update", () => {
  const npmScript = fileURLToPath(new URL("testing/npm.mjs", import.meta.url));
  const npm = [process.execPath, npmScript] as const;

  function pack(bytes: Buffer, name = `package/${tableSource.file}`): Buffer {
    const header = Buffer.alloc(512);
    header.write(name);
    header.write(bytes.length.toString(8).padStart(11, "0"), 124);
    const rest = Buffer.alloc((512 - (bytes.length % 512)) % 512);
    return gzipSync(Buffer.concat([header, bytes, rest, Buffer.alloc(1_024)]));
  }

  async function update(archive: Buffer, { integrity }: { integrity?: string } = {}) {
    const path = `${freshFolder()}.tgz`;
    writeFileSync(path, archive);
    process.env.TABLE_ARCHIVE = path;
    process.env.TABLE_INTEGRITY = integrity ?? `sha512-${createHash("sha512").update(archive).digest("base64")}`;
    return updateTable({ folder: join(scratch, "updated"), now: 5, npm });
  }

  test("puts the newest package's table in force, and knows when it was already", async () => {
    const first = await update(pack(world("XA")));
    assert.equal(first.isSame, false);
    assert.equal(first.description.version, "1.2.3");
    assert.equal(first.description.source, tableSource.package);
    assert.equal((await update(pack(world("XA")))).isSame, true);
    assert.equal((await update(pack(world("XB")))).isSame, false);
  });

  test("a package with another hash, without the table, or cut short changes nothing", async () => {
    const { description } = await update(pack(world("XA")));
    const whole = pack(world("XB"));
    await assert.rejects(update(whole, { integrity: "sha512-AAAA" }), codeIs("ERR_GEO_INTEGRITY"));
    await assert.rejects(update(whole, { integrity: "sha1-AAAA" }), codeIs("ERR_GEO_INTEGRITY"));
    await assert.rejects(update(pack(world("XB"), "package/other")), codeIs("ERR_GEO_INTEGRITY"));
    await assert.rejects(update(whole.subarray(0, whole.length / 2)), codeIs("ERR_GEO_INTEGRITY"));
    await assert.rejects(update(pack(Buffer.from("no table"))), codeIs("ERR_GEO_TABLE"));
    assert.equal((await new TableFolder(join(scratch, "updated")).read())?.description.sha256, description.sha256);
  });

  test("without npm, or when npm fails, says so", async () => {
    const options = { folder: freshFolder(), now: 5 };
    await assert.rejects(updateTable({ ...options, npm: ["/nowhere/npm"] }), /npm is not installed/);
    await assert.rejects(
      updateTable({ ...options, npm: [process.execPath, "-e", "process.exit(1)"] }),
      codeIs("ERR_GEO_FETCH"),
    );
    await assert.rejects(updateTable({ ...options, npm: [process.execPath, "-e", "0"] }), codeIs("ERR_GEO_FETCH"));
  });

  test("takes a file of the operator's", async () => {
    const file = `${freshFolder()}.mmdb`;
    writeFileSync(file, world("XC"));
    const { description } = await updateTable({ folder: freshFolder(), now: 5, file });
    assert.deepEqual([description.source, description.installedAt], ["file", 5]);
    await assert.rejects(updateTable({ folder: freshFolder(), now: 5, file: "/nowhere" }), codeIs("ERR_GEO_FILE"));
  });

  test("an archive that unpacks to anything else has no entry", () => {
    assert.throws(() => tarEntry(gzipSync(Buffer.alloc(10_000, 0xff)), "x"), codeIs("ERR_GEO_INTEGRITY"));
    assert.throws(() => tarEntry(Buffer.from("plain"), "x"), codeIs("ERR_GEO_INTEGRITY"));
  });
});

describe("the tables of a running server", () => {
  test("begin with the installed one, take an update, and survive a damaged one", async () => {
    const problems: string[] = [];
    const folder = new TableFolder(freshFolder());
    const tables = new SourceTables({ folder: folder.path, report: ({ code }) => problems.push(code) });
    assert.deepEqual(tables.lookup("8.8.8.8"), { country: "", network: 0 });
    await tables.refresh();
    assert.equal(tables.lookup("8.8.8.8").country, "US");
    assert.match(tables.inForce.country?.sha256 ?? "", /^[0-9a-f]{64}$/);

    const { file } = await folder.install({ ...origin, bytes: world("XA") }, 1);
    await tables.refresh();
    assert.equal(tables.lookup("8.8.8.8").country, "XA");
    await folder.install({ ...origin, bytes: world("XB") }, 2);
    writeFileSync(join(folder.path, "country.json"), JSON.stringify({ file, sha256: "0", installedAt: 1 }));
    await tables.refresh();
    await tables.refresh();
    assert.equal(tables.lookup("8.8.8.8").country, "XA");
    assert.deepEqual(problems, ["ERR_GEO_FILE"], "reported once");
  });

  test("networks come from the operator's table, and a missing one is reported", async () => {
    const networkTable = `${freshFolder()}.mmdb`;
    writeFileSync(networkTable, mmdbOf([{ prefix: "8.8.8.0/24", record: { autonomous_system_number: 15_169 } }]));
    const problems: string[] = [];
    const report = ({ code }: GeoError) => problems.push(code);
    const tables = new SourceTables({ folder: freshFolder(), networkTable, report });
    await tables.refresh();
    assert.deepEqual(tables.lookup("8.8.8.8"), { country: "US", network: 15_169 });
    const without = new SourceTables({ folder: freshFolder(), networkTable: "/nowhere", report });
    await without.refresh();
    assert.deepEqual([without.lookup("8.8.8.8"), problems], [{ country: "US", network: 0 }, ["ERR_GEO_FILE"]]);
  });
});
