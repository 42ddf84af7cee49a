import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import type { CheckedTable } from "../../../../lib/databases/checks-port.js";
import { columnsOf, findTable } from "../../../../lib/databases/mysql/catalog.js";
import { loadPart } from "../../../../lib/databases/mysql/load/load-part.js";
import { connectTarget } from "../../../../lib/databases/mysql/load/target-connection.js";
import { openChecks } from "../../../../lib/databases/open-checks.js";
import { sql } from "../../../../lib/mapping/sql.js";
import { howCompared } from "../../../../stages/validate/compare-table.js";
import { createMysqlDatabase } from "../../../support/mariadb.js";
import { part, rejection } from "../postgres/load/loading.js";

it("validate needs SELECT where all rows are equal, else CREATE TEMPORARY TABLES besides, and says so", async () => {
  const database = await createMysqlDatabase(`CREATE TABLE people (id int PRIMARY KEY, name text);
    INSERT INTO people VALUES (1, 'Amina'), (2, 'Li')`);
  const user = `${database.name}_r`;
  await database.query(`CREATE USER ${user}; GRANT SELECT ON ${database.name}.* TO ${user}`);
  const url = Object.assign(new URL(database.url), { username: user }).href;
  const request = {
    table: "people",
    columns: ["id", "name"],
    key: undefined,
    allRows: true,
    parts: [part(["1,Amina", "3,Jo"])],
  };
  const equal = { ...request, parts: [part(["1,Amina", "2,Li"])] };
  const summedUp = async (table: CheckedTable) => {
    const { buckets = "none" } = table;
    if (typeof buckets === "string") throw new Error(buckets);
    const sums = await buckets.sums(0);
    return [sums.get(0)?.count, await buckets.compare({ expected: [], actual: [], equal: 2 }), await table.compare()];
  };
  const compared = async () => {
    const checks = await openChecks(url, { application: "waybill/test" });
    try {
      return await checks.checkTable(request, async (table) => {
        const comparison = await table.compare();
        return { comparison, lines: await text(table.differences(comparison, 10).rows) };
      });
    } finally {
      await checks.close();
    }
  };

  const reader = await openChecks(url, { application: "waybill/test" });
  const summed = await reader.checkTable(equal, summedUp);
  await reader.close();
  const refused = await rejection(compared());
  await database.query(`GRANT CREATE TEMPORARY TABLES ON ${database.name}.* TO ${user}`);
  const found = await compared();
  await database.query(`DROP USER ${user}`);
  const left = await database.query(`SHOW TABLES LIKE 'waybill%'`);
  await database.drop();

  const same = { expected: 2, actual: 2, equal: 2, missing: 0, extra: 0, changed: 0, pairedBy: ["id"] };
  expect(summed).toEqual([2, expect.objectContaining(same), expect.objectContaining(same)]);
  expect(refused).toMatchObject({ kind: "forbidden", hint: expect.stringContaining("CREATE TEMPORARY TABLES") });
  expect(found.comparison).toMatchObject({ equal: 1, missing: 1, extra: 1 });
  expect(found.lines.split("\n").map((line) => line.slice(0, 9))).toEqual(["extra,2,\\", "missing,3", ""]);
  expect(left).toEqual([]);
});

it("says of a table that no snapshot covers that what others write meanwhile may show", async () => {
  const database = await createMysqlDatabase(`CREATE TABLE people (id int PRIMARY KEY);
    CREATE TABLE old (id int PRIMARY KEY) ENGINE=MyISAM; INSERT INTO old VALUES (1)`);
  const checks = await openChecks(database.url, { application: "waybill/test" });
  const request = { columns: ["id"], key: undefined, allRows: true, parts: [part(["1"])] };
  const note = (table: string) =>
    checks.checkTable({ ...request, table }, async (checked) =>
      howCompared({ ...(await checked.compare()), level: "rows" }, checked),
    );

  const notes = [await note("people"), await note("old")];
  await checks.close();
  await database.drop();

  expect(notes).toEqual([[], ["MyISAM knows no transactions: what others write to the table meanwhile may show"]]);
});

it("compares texts longer than max_allowed_packet", async () => {
  const database = await createMysqlDatabase("CREATE TABLE long_ones (id int PRIMARY KEY, line longtext)");
  const loading = await connectTarget(database.url, { application: "waybill/test", access: "write" });
  const table = await findTable(loading, "long_ones");
  const columns = await columnsOf(loading, table.place);
  const [[packet = "0"] = []] = await loading.query(sql`SELECT @@max_allowed_packet`);
  const line = "a".repeat(Number(packet) + 1);
  await loadPart(loading, { sql: table.sql, name: "long_ones", columns }, part([`1,${line}`]));
  await loading.close();
  const checks = await openChecks(database.url, { application: "waybill/test" });
  const request = { table: "long_ones", columns: ["id", "line"], key: undefined, allRows: true };

  // With NULL for what is too long on either side, they would be equal.
  const found = await checks.checkTable({ ...request, parts: [part([`1,${line.slice(0, -1)}b`])] }, (checked) =>
    checked.compare(),
  );
  await checks.close();
  await database.drop();

  expect(found).toMatchObject({ equal: 0, changed: 1, columns: { line: 1 } });
});

it("tells texts apart that differ behind their first 64 KB only, in rows without a key and in groups", async () => {
  const database = await createMysqlDatabase("CREATE TABLE long_ones (n int, line mediumtext)");
  const begin = "a".repeat(66_000);
  const lines = Array.from({ length: 40 }, (_, index) => `${index},${begin}${(index * 7) % 20}`);
  await database.query(`INSERT INTO long_ones VALUES ${lines.map((line) => `(${line.replace(",", ",'")}')`).join()}`);
  const checks = await openChecks(database.url, { application: "waybill/test" });
  const request = { table: "long_ones", columns: ["n", "line"], key: undefined, allRows: true, parts: [part(lines)] };
  const distinct = { measure: "distinct", column: "n" } as const;

  const [comparison, groups] = await checks.checkTable(request, async (checked) => [
    await checked.compare(),
    await checked.compareAggregate({ group: ["line"], measures: [distinct], severity: "error" }),
  ]);
  await checks.close();
  await database.drop();

  expect(comparison).toMatchObject({ equal: 40, missing: 0, extra: 0 });
  expect(groups).toEqual({ groups: 20, differing: 0 });
});
