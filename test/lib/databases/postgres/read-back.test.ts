import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CheckRequest, Checks, Comparison } from "../../../../lib/databases/checks-port.js";
import { openChecks } from "../../../../lib/databases/open-checks.js";
import type { PartToLoad } from "../../../../lib/databases/target-port.js";
import { encodeRow } from "../../../../lib/model/csv-dialect.js";
import { compareTable, type TableToCompare } from "../../../../stages/validate/compare-table.js";
import { createDatabase, type TestDatabase } from "../../../support/postgres.js";
import { part, rejection } from "./load/loading.js";

// More than are compared inside a statement.
const rowCount = 21_000;

/** The rows of three parts; `scale` spells the price as its column prints it (2), or otherwise. */
function partsOf(scale: 1 | 2): readonly (readonly string[])[] {
  const lines = Array.from({ length: rowCount }, (_, index) => {
    const note = index % 7 === 0 ? null : index % 7 === 1 ? `a "${index}",\nb` : `note ${index}`;
    return encodeRow([String(index + 1), (index / 4).toString(), `${index}.${"0".repeat(scale)}`, note]).slice(0, -1);
  });
  return [lines.slice(0, 9000), lines.slice(9000, 15_000), lines.slice(15_000)];
}

const asPrinted = partsOf(2);
const otherwise = partsOf(1);
const named = (lines: readonly (readonly string[])[]) =>
  lines.map((one, index) => part(one, { name: `part-${index}` }));

let database: TestDatabase;
let role: string;
let checks: Checks;
let reader: Checks;
beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE original (id integer, ratio float8, price numeric(12,2), note text);
    CREATE TABLE facts (LIKE original);
    INSERT INTO original SELECT g + 1, g / 4.0, g, CASE g % 7 WHEN 0 THEN NULL WHEN 1 THEN format(E'a "%s",\\nb', g) ELSE 'note ' || g END
      FROM generate_series(0, ${rowCount - 1}) g ORDER BY g / 90 % 3, g`);
  role = `reader${database.name.slice(5)}`;
  await database.query(`REVOKE ALL ON DATABASE ${database.name} FROM PUBLIC; CREATE ROLE ${role} LOGIN;
    GRANT CONNECT ON DATABASE ${database.name} TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
  checks = await openChecks(database.url, { application: "waybill/test" });
  const url = Object.assign(new URL(database.url), { username: role }).href;
  reader = await openChecks(url, { application: "waybill/test" });
});
afterAll(async () => {
  await checks.close();
  await reader.close();
  await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await database.drop();
});
beforeEach(() => database.query("TRUNCATE facts; INSERT INTO facts SELECT * FROM original"));

interface Outcome {
  readonly comparison: Comparison;
  readonly lines: string;
}

const requestOf = (parts: readonly PartToLoad[]): CheckRequest => {
  return { table: "facts", columns: ["id", "ratio", "price", "note"], key: ["id"], allRows: true, parts };
};

function compare(as: Checks, parts: readonly PartToLoad[], key: readonly string[] = ["id"]): Promise<Outcome> {
  return as.checkTable({ ...requestOf(parts), key }, async (table) => {
    const comparison = await table.compare();
    return { comparison, lines: await text(table.differences(comparison, 100).rows) };
  });
}

describe("rows that are read back", () => {
  it("are compared where nothing temporary may be made, whatever their types and however parts arrived mixed", async () => {
    const { comparison, lines } = await compare(reader, named(asPrinted));

    expect(comparison).toEqual({
      of: "parts",
      expected: rowCount,
      actual: rowCount,
      equal: rowCount,
      missing: 0,
      extra: 0,
      changed: 0,
      columns: {},
      pairedBy: ["id"],
    });
    expect(lines).toBe("");
  });

  it.each([
    ["a changed value", "UPDATE facts SET ratio = ratio + 1e-9 WHERE id IN (1, 9000, 21000)", ["id"]],
    ["a row that others were put before", "UPDATE facts SET note = note WHERE id < 200", ["id"]],
    ["a row gone, and one too many", "DELETE FROM facts WHERE id = 77; INSERT INTO facts VALUES (0)", ["id"]],
    ["a key for another", "UPDATE facts SET id = -id WHERE id BETWEEN 500 AND 510", ["id"]],
    ["no key at all", "UPDATE facts SET note = 'x' WHERE id = 3; DELETE FROM facts WHERE id = 5", []],
    ["a row twice", "INSERT INTO facts SELECT * FROM original WHERE id = 10", ["id"]],
    ["a key twice", "INSERT INTO facts SELECT id, ratio, 0.01, note FROM original WHERE id = 10", ["id"]],
    ["a key that became NULL", "UPDATE facts SET id = NULL WHERE id = 10", ["id"]],
    [
      "NULL, the text of NULL, and an empty text",
      "UPDATE facts SET note = '\\N' WHERE id = 1; UPDATE facts SET note = '' WHERE id = 8",
      ["id"],
    ],
    ["all rows gone but one", "DELETE FROM facts WHERE id <> 12345", ["id"]],
  ])("differ as rows do that were brought in: %s", async (_, statement, key) => {
    for (const one of statement.split("; ")) await database.query(one);

    const [paired, brought] = [
      await compare(checks, named(asPrinted), key),
      await compare(checks, named(otherwise), key),
    ];

    expect(paired.comparison).toEqual(brought.comparison);
    expect(paired.lines).toBe(brought.lines);
  });

  it("are spelled as the files of MySQL spell them, so that none has to be brought in", async () => {
    await database.query(`DROP TABLE IF EXISTS spelled; CREATE TABLE spelled (id integer PRIMARY KEY, flag boolean, seen timestamp, at timestamptz, code char(5));
      INSERT INTO spelled SELECT g, g % 3 = 0, timestamp '2024-01-31' + g * interval '0.25 s', timestamptz '2024-01-31 00:00:00+00' + g * interval '1 s', 'c' || g % 7
      FROM generate_series(0, ${rowCount - 1}) g; GRANT SELECT ON spelled TO ${role}`);
    const moment = (ms: number) =>
      new Date(Date.UTC(2024, 0, 31) + ms).toISOString().replace("T", " ").replace("Z", "");
    const lines = Array.from({ length: rowCount }, (_, id) =>
      [id, id % 3 === 0 ? 1 : 0, `${moment(250 * id)}000`, moment(1000 * id).slice(0, 19), `c${id % 7}`].join(),
    );
    const request = { ...requestOf([part(lines)]), table: "spelled", columns: ["id", "flag", "seen", "at", "code"] };

    const comparison = await reader.checkTable(request, (table) => table.compare());

    expect(comparison).toMatchObject({ equal: rowCount, missing: 0, extra: 0, changed: 0 });
  });

  it("are compared whole where a file holds a key twice", async () => {
    const twice = [...named(asPrinted), part(["10,1.5,7.00,other"], { name: "part-3" })];

    const { comparison, lines } = await compare(reader, twice);

    expect(comparison).toMatchObject({ equal: rowCount, missing: 1, extra: 0, changed: 0, pairedBy: [] });
    expect(lines).toContain("missing,");
  });

  it("stop with 77, both reasons and the cure, where too many are spelled otherwise and none can be brought in", async () => {
    const inputs = { table: { name: "facts" }, parts: [], replays: [] } as unknown as TableToCompare["inputs"];
    const quarantined = { numbers: new Map(), values: new Set<string>() };

    const error = await rejection(
      reader.checkTable(requestOf(named(otherwise)), (checked) =>
        compareTable({ checked, inputs, quarantined, level: "auto", beside: Promise.resolve() }),
      ),
    );

    expect(error).toMatchObject({ kind: "forbidden", hint: expect.stringMatching(/^GRANT TEMPORARY ON DATABASE/) });
    expect(String(error)).toContain("not by checksums, no checksum is proven for ratio (double precision)");
    expect(String(error)).toContain("too many of its rows differ from the files, or are spelled otherwise");
    expect(String(error)).toMatch(/the role reader\w* may make no temporary tables in the database test_/);
  });

  it("leave the session as it was where a part cannot be read to its end", async () => {
    const [first, ...others] = named(asPrinted);
    const broken = async function* () {
      yield Buffer.from(`${asPrinted[0]?.slice(0, 5000).join("\n")}\n`);
      throw new Error("the disk is gone");
    };
    const parts = [{ ...first, open: () => Readable.from(broken()) } as PartToLoad, ...others];

    const error = await rejection(compare(checks, parts));
    const { comparison } = await compare(checks, named(asPrinted));

    expect(String(error)).toContain("the disk is gone");
    expect(comparison.equal).toBe(rowCount);
  });

  it("do not hide that a file holds fewer rows than its manifest promises", async () => {
    const [first, ...others] = asPrinted;
    const parts = [part(first ?? [], { name: "part-0", rowCount: 9001 }), ...named(others)];

    const error = await rejection(compare(checks, parts));

    expect(error).toMatchObject({ kind: "integrity" });
    expect(String(error)).toContain("the manifest promises 9001 rows in part-0, the target took 9000");
  });
});
