import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Checks } from "../../../lib/databases/checks-port.js";
import { openChecks } from "../../../lib/databases/open-checks.js";
import type { PartToLoad } from "../../../lib/databases/target-port.js";
import { createMysqlDatabase } from "../../support/mariadb.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { asPrinted, compareFacts, factsSql, otherwise, rowCount } from "./facts.js";
import { rejection } from "./postgres/load/loading.js";

const create = { PostgreSQL: createDatabase, MySQL: createMysqlDatabase } as const;
const nullText = { PostgreSQL: "'\\N'", MySQL: "'\\\\N'" } as const;

describe.each(Object.keys(create) as (keyof typeof create)[])("rows of %s that are read back", (product) => {
  let database: TestDatabase;
  let checks: Checks;
  beforeAll(async () => {
    database = await create[product](factsSql);
    checks = await openChecks(database.url, { application: "waybill/test" });
  });
  beforeEach(() => database.query("TRUNCATE TABLE facts; INSERT INTO facts SELECT * FROM original"));
  afterAll(async () => {
    await checks.close();
    await database.drop();
  });

  it.each([
    ["a value in a row of each part", "UPDATE facts SET ratio = ratio + 1e-9 WHERE id IN (1, 9000, 21000)", ["id"]],
    ["one row gone, another too many", "DELETE FROM facts WHERE id = 77; INSERT INTO facts (id) VALUES (0)", ["id"]],
    [
      "a key for another, and a value",
      "UPDATE facts SET id = -id WHERE id BETWEEN 500 AND 510; UPDATE facts SET note = 'x' WHERE id = 3",
      ["id"],
    ],
    [
      "values, where nothing names a row",
      "UPDATE facts SET note = 'x' WHERE id = 3; DELETE FROM facts WHERE id = 5",
      [],
    ],
    ["a row that is there twice", "INSERT INTO facts SELECT * FROM original WHERE id = 10", ["id"]],
    ["a key that is there twice", "INSERT INTO facts SELECT id, ratio, 0.01, note FROM original WHERE id = 10", ["id"]],
    ["a key that became NULL", "UPDATE facts SET id = NULL WHERE id = 10", ["id"]],
    [
      "NULL, its text, and an empty text",
      `UPDATE facts SET note = ${nullText[product]} WHERE id = 1; UPDATE facts SET note = '' WHERE id = 8`,
      ["id"],
    ],
  ])("differ as rows do that were brought in: %s", async (_, statements, key) => {
    await database.query(statements);

    const [read, brought] = [await compareFacts(checks, asPrinted, key), await compareFacts(checks, otherwise, key)];

    expect(read.comparison.equal).toBeLessThan(read.comparison.expected + read.comparison.extra);
    expect(read.comparison).toEqual(brought.comparison);
    expect(read.lines.split("\n").length).toBeGreaterThan(1);
    expect(read.lines).toBe(brought.lines);
  });

  it("leave the session as it was where a part cannot be read to its end", async () => {
    const [first, ...others] = asPrinted;
    const broken = async function* () {
      for await (const chunk of (await first?.open()) ?? []) yield Buffer.from(chunk).subarray(0, 100_000);
      throw new Error("the disk is gone");
    };
    const parts = [{ ...whole(first), open: () => Readable.from(broken()) }, ...others];

    const error = await rejection(compareFacts(checks, parts));
    const { comparison } = await compareFacts(checks, asPrinted);

    expect(String(error)).toContain("the disk is gone");
    expect(comparison).toMatchObject({ equal: rowCount, pairedBy: ["id"] });
  });

  it("do not hide that a file holds fewer rows than its manifest promises", async () => {
    const [first, ...others] = asPrinted;

    const error = await rejection(compareFacts(checks, [{ ...whole(first), rowCount: 9001 }, ...others]));

    expect(error).toMatchObject({ kind: "integrity" });
    expect(String(error)).toMatch(/9001 rows in part-0, .* 9000/);
  });
});

function whole(part: PartToLoad | undefined): PartToLoad {
  if (part === undefined) throw new Error("there is no such part");
  return part;
}
