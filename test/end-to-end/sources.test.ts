import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMigration, type TestMigration } from "../stages/migration-fixture.js";
import { manifestIn } from "../stages/stage-files.js";
import { createDatabase, type TestDatabase } from "../support/postgres.js";

// The registry knows the people; the money they got lies in another database, and refers to them by number. Towns, to
// which people refer, lie with the money again: a unit has to follow its parents there and back.
let registry: TestDatabase;
let finance: TestDatabase;
let target: TestDatabase;
let migration: TestMigration;

const specification = {
  "migration.yaml": [
    "migration: TEST-2",
    "sources: { registry: , finance: }",
    "extracts:",
    "  towns: { source: finance, key: [code] }",
    "  people: { source: registry }",
    "  payments: { source: finance }",
    "",
  ].join("\n"),
  "towns.yaml": "table: towns\ncolumns: { code: code, name: name }\nkey: [code]\n",
  "people.yaml":
    "table: people\ncolumns: { id: id, name: name, town: town }\nexpect:\n  - relationships: { column: town, to: towns.code }\n",
  "payments.yaml":
    "table: payments\ncolumns: { id: id, person: person, amount: amount }\nexpect:\n  - relationships: { column: person, to: people.id }\n",
};

beforeEach(async () => {
  registry = await createDatabase(`
    CREATE TABLE people (id integer PRIMARY KEY, name text, town integer);
    INSERT INTO people SELECT n, 'Person ' || n, n % 4 FROM generate_series(1, 200) n`);
  // Numbers there are texts here: what refers to what is said by the text alone.
  finance = await createDatabase(`
    CREATE TABLE towns (code text, name text);
    INSERT INTO towns VALUES ('0', 'Bath'), ('1', 'Cork'), ('2', 'Dover'), ('3', 'Ely');
    CREATE TABLE payments (id integer PRIMARY KEY, person text, amount numeric(10,2));
    INSERT INTO payments SELECT n, n % 200 + 1, n * 1.5 FROM generate_series(1, 500) n`);
  target = await createDatabase(`
    CREATE TABLE towns (code text PRIMARY KEY, name text);
    CREATE TABLE people (id integer PRIMARY KEY, name text, town text REFERENCES towns);
    CREATE TABLE payments (id integer PRIMARY KEY, person integer REFERENCES people, amount numeric(10,2))`);
  migration = await createMigration({ source: "", target: target.url, extracts: ["people: {}"], files: specification });
});
afterEach(async () => {
  for (const database of [registry, finance, target]) await database.drop();
});

const run = (program: string, ...args: readonly string[]) =>
  migration.run(program, args, { WAYBILL_SOURCE_REGISTRY_URL: registry.url, WAYBILL_SOURCE_FINANCE_URL: finance.url });

const statementOf = async (...path: readonly string[]) => (await manifestIn(join(migration.work, ...path)))._waybill;

describe("two sources", () => {
  it("arrive in one target, every row compared and read again from the source it came from", async () => {
    const result = await run("run");

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await Promise.all(["towns", "people", "payments"].map((table) => target.count(table)))).toEqual([
      4, 200, 500,
    ]);
    const report = JSON.parse(await readFile(join(migration.work, "validate/report.json"), "utf8"));
    expect(report).toMatchObject({ verdict: "passed", mixedSnapshots: false, oneMoment: false });
    expect(report.summary).toMatchObject({ failed: 0, skipped: 0 });
    expect((await run("status")).stdout).not.toMatch(/stale|missing|damaged/);
  });

  it("have a snapshot each: named in the manifests, no mixture, but not called one moment", async () => {
    await run("extract");
    const result = await run("transform");

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    const snapshots = await Promise.all(
      ["towns", "people", "payments"].map(async (name) => (await statementOf("extract", name)).snapshots[0]),
    );
    expect(snapshots).toMatchObject([{ source: "finance" }, { source: "registry" }, { source: "finance" }]);
    expect(snapshots[0]).toEqual(snapshots[2]);
    expect(await statementOf("transform", "payments")).toMatchObject({
      snapshots: [{ source: "finance" }, { source: "registry" }],
      details: { oneMoment: false },
    });
    expect((await statementOf("transform", "towns")).details).toMatchObject({ oneMoment: true });
  });

  it("are bound to the run one by one: another database under the same name is refused", async () => {
    await run("extract");

    const swapped = await run("extract", "--force", "--source", `finance=${registry.url}`);

    expect(swapped.exitCode, swapped.stderr).toBe(65);
    expect(swapped.stderr).toContain("belongs to the source finance");
    expect(JSON.parse(await readFile(join(migration.work, "run.json"), "utf8")).sources).toEqual({
      registry: expect.stringContaining(registry.name),
      finance: expect.stringContaining(finance.name),
    });
  });
});

describe("what is stale", () => {
  it("is read again with all extracts of its own source, and of no other", async () => {
    await run("extract");
    const changed = specification["migration.yaml"].replace("payments: {", "payments: { where: id > 0,");
    await migration.write({ "migration.yaml": changed });
    await registry.query("INSERT INTO people VALUES (1000, 'New', 1)");
    await finance.query("INSERT INTO towns VALUES ('9', 'Fife')");

    const result = await run("extract");

    expect(result.stderr).toContain("extract: 1 of 2 extracts of finance are missing or stale");
    expect(result.stderr).toContain("extract people: up to date");
    expect((await statementOf("extract", "towns")).counts).toEqual({ read: 5 });
    expect((await run("transform")).exitCode).toBe(0);
  });

  it("of one source read in two snapshots stops transform, which names the source", async () => {
    await run("extract");
    await finance.query("INSERT INTO towns VALUES ('9', 'Fife')");
    await run("extract", "towns", "--force");

    const result = await run("transform");

    expect(result.exitCode).toBe(65);
    expect(result.stderr).toContain("was read in 2 different snapshots of the source finance");
  });
});

describe("options", () => {
  it("say where each source is, and run hands them on to the stages", async () => {
    const sources = [registry, finance].flatMap(({ url }, at) => ["--source", `${["registry", "finance"][at]}=${url}`]);

    const result = await migration.run("run", sources);

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  });

  it("without a name, or with a wrong one, are refused and leave nothing behind", async () => {
    const plain = await run("extract", "--source", registry.url);
    const wrong = await run("transform", "--source", `fnance=${finance.url}`);

    expect([plain.exitCode, wrong.exitCode]).toEqual([64, 64]);
    expect(plain.stderr).toContain("--source registry=URL --source finance=URL");
    expect(wrong.stderr).toContain("TEST-2 has no source fnance; did you mean finance?");
    await expect(readFile(join(migration.work, "run.json"))).rejects.toThrow("ENOENT");
  });

  it("are asked for only where a source is read", async () => {
    const result = await migration.run("extract", ["people"], { WAYBILL_SOURCE_REGISTRY_URL: registry.url });
    const other = await migration.run("extract", ["towns"], { WAYBILL_SOURCE_REGISTRY_URL: registry.url });

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(other).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("WAYBILL_SOURCE_FINANCE_URL") });
  });

  it("--dry-run opens neither source", async () => {
    const result = await migration.run("extract", ["--dry-run"]);

    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("extract people: would be read") });
  });
});

describe("a unit", () => {
  it("--key follows its parents into the other source and back, and reads no row more", async () => {
    const result = await run("run", "payments", "--key", "7");

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await target.query("SELECT * FROM payments")).toEqual([{ id: "7", person: "8", amount: "10.50" }]);
    expect(await target.query("SELECT * FROM people")).toEqual([{ id: "8", name: "Person 8", town: "0" }]);
    expect(await target.query("SELECT * FROM towns")).toEqual([{ code: "0", name: "Bath" }]);
    expect((await statementOf("units", "payments-7", "extract", "people")).counts).toEqual({ read: 1 });
  });

  it("--sample takes the parents of its rows out of whichever source they are in", async () => {
    const result = await run("run", "--sample", "5");

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await target.count("payments")).toBe(5);
    expect(await target.count("people")).toBeLessThanOrEqual(10);
  });

  it("of a row that refers to nothing reads no parent", async () => {
    await finance.query("UPDATE payments SET person = NULL WHERE id = 7");

    const result = await run("run", "payments", "--key", "7");

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await target.count("people")).toBe(0);
  });
});
