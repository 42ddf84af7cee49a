import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Checks } from "../../../../lib/databases/checks-port.js";
import { openChecks } from "../../../../lib/databases/open-checks.js";
import { compareTable, type TableToCompare } from "../../../../stages/validate/compare-table.js";
import { createDatabase, type TestDatabase } from "../../../support/postgres.js";
import { asPrinted, compareFacts, factsRequest, factsSql, otherwise, rowCount } from "../facts.js";
import { part, rejection } from "./load/loading.js";

let database: TestDatabase;
let role: string;
let reader: Checks;
beforeAll(async () => {
  database = await createDatabase(factsSql);
  role = `reader${database.name.slice(5)}`;
  await database.query(`REVOKE ALL ON DATABASE ${database.name} FROM PUBLIC; CREATE ROLE ${role} LOGIN;
    GRANT CONNECT ON DATABASE ${database.name} TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
  const url = Object.assign(new URL(database.url), { username: role }).href;
  reader = await openChecks(url, { application: "waybill/test" });
});
afterAll(async () => {
  await reader.close();
  await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await database.drop();
});

describe("rows of PostgreSQL that are read back", () => {
  it("are compared where nothing temporary may be made, whatever their types and however parts arrived mixed", async () => {
    const { comparison, lines } = await compareFacts(reader, asPrinted);

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

  it("are spelled as the files of MySQL spell them, so that none has to be brought in", async () => {
    await database.query(`DROP TABLE IF EXISTS spelled; CREATE TABLE spelled (id integer PRIMARY KEY, flag boolean, seen timestamp, at timestamptz, code char(5));
      INSERT INTO spelled SELECT g, g % 3 = 0, timestamp '2024-01-31' + g * interval '0.25 s', timestamptz '2024-01-31 00:00:00+00' + g * interval '1 s', 'c' || g % 7
      FROM generate_series(0, ${rowCount - 1}) g; GRANT SELECT ON spelled TO ${role}`);
    const moment = (ms: number) =>
      new Date(Date.UTC(2024, 0, 31) + ms).toISOString().replace("T", " ").replace("Z", "");
    const lines = Array.from({ length: rowCount }, (_, id) =>
      [id, id % 3 === 0 ? 1 : 0, `${moment(250 * id)}000`, moment(1000 * id).slice(0, 19), `c${id % 7}`].join(),
    );
    const request = { ...factsRequest([part(lines)]), table: "spelled", columns: ["id", "flag", "seen", "at", "code"] };

    const comparison = await reader.checkTable(request, (table) => table.compare());

    expect(comparison).toMatchObject({ equal: rowCount, missing: 0, extra: 0, changed: 0 });
  });

  it("are compared whole where a file holds a key twice", async () => {
    const twice = [...asPrinted, part(["10,1.5,7.00,other"], { name: "part-3" })];

    const { comparison, lines } = await compareFacts(reader, twice);

    expect(comparison).toMatchObject({ equal: rowCount, missing: 1, extra: 0, changed: 0, pairedBy: [] });
    expect(lines).toContain("missing,");
  });

  it("stop with 77, both reasons and the cure, where too many are spelled otherwise and none can be brought in", async () => {
    const inputs = { table: { name: "facts" }, parts: [], replays: [] } as unknown as TableToCompare["inputs"];
    const quarantined = { numbers: new Map(), values: new Set<string>() };

    const error = await rejection(
      reader.checkTable(factsRequest(otherwise), (checked) =>
        compareTable({ checked, inputs, quarantined, level: "auto", beside: Promise.resolve() }),
      ),
    );

    expect(error).toMatchObject({ kind: "forbidden", hint: expect.stringMatching(/^GRANT TEMPORARY ON DATABASE/) });
    expect(String(error)).toContain("not by checksums, no checksum is proven for ratio (double precision)");
    expect(String(error)).toContain("too many of its rows differ from the files, or are spelled otherwise");
    expect(String(error)).toMatch(/the role reader\w* may make no temporary tables in the database test_/);
  });
});
