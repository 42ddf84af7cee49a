import { afterAll, beforeAll, expect, it } from "vitest";
import { findTable } from "../../../../lib/databases/mysql/catalog.js";
import { comparedColumns } from "../../../../lib/databases/mysql/checks/compare-columns.js";
import { spelledAs } from "../../../../lib/databases/mysql/checks/spelled-as.js";
import { describeTable } from "../../../../lib/databases/mysql/describe-table.js";
import { loadPart } from "../../../../lib/databases/mysql/load/load-part.js";
import { connectTarget, type TargetConnection } from "../../../../lib/databases/mysql/load/target-connection.js";
import { join, sql } from "../../../../lib/mapping/sql.js";
import { encodeRow } from "../../../../lib/model/csv-dialect.js";
import { createMysqlDatabase } from "../../../support/mariadb.js";
import type { TestDatabase } from "../../../support/postgres.js";
import { part } from "../postgres/load/loading.js";

const names = ["id", "flag", "price", "seen", "at", "clock", "born"];
const columns = `id int PRIMARY KEY, flag tinyint, price decimal(10,2), seen datetime(6), at timestamp(3) NULL, clock time(3), born date`;

let database: TestDatabase;
let connection: TargetConnection;
beforeAll(async () => {
  database = await createMysqlDatabase(`CREATE TABLE spelled (${columns}); CREATE TABLE loaded (${columns});
    INSERT INTO spelled VALUES (1, 1, 1.50, '2024-01-31 08:00:00', '2024-01-31 08:00:00', '08:00:00', '2024-01-31'),
      (2, 0, 10, '2024-01-31 08:00:00.5', '2024-01-31 08:00:00.12', '-100:30:00.5', '1000-01-01'),
      (3, 7, -0.1, '2024-01-31 08:00:00.120003', '2024-01-31 10:00:10.100', '00:00:00.001', '9999-12-31'),
      (4, NULL, NULL, NULL, NULL, NULL, NULL), (5, -1, 0, '1000-01-01 00:00:00.000010', NULL, '838:59:59', NULL)`);
  connection = await connectTarget(database.url, { application: "waybill/test", access: "write" });
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

it.each([
  {
    like: "PostgreSQL",
    texts: ["1", "t", "1.5", "2024-01-31 08:00:00.5", "2024-01-31 08:00:00+00", "08:00:00", "2024-01-31"],
    first: ["1", "t", "1.5", "2024-01-31 08:00:00", "2024-01-31 08:00:00+00", "08:00:00", "2024-01-31"],
    third: ["3", "7", "-0.1", "2024-01-31 08:00:00.120003", "2024-01-31 10:00:10.1+00", "00:00:00.001", "9999-12-31"],
  },
  {
    like: "MySQL",
    texts: ["1", "1", "1.50", "2024-01-31 08:00:00.500000", "2024-01-31 08:00:00.000+00", "08:00:00.000", "2024-01-31"],
    first: ["1", "1", "1.50", "2024-01-31 08:00:00.000000", "2024-01-31 08:00:00.000+00", "08:00:00.000", "2024-01-31"],
    third: [
      "3",
      "7",
      "-0.10",
      "2024-01-31 08:00:00.120003",
      "2024-01-31 10:00:10.100+00",
      "00:00:00.001",
      "9999-12-31",
    ],
  },
  {
    like: "moments without a zone, and instants",
    texts: ["1", "x", "1", "2024-01-31 08:00:00+00", "2024-01-31 08:00:00", "08:00:00.5", "2024-01-31"],
    first: ["1", "1", "1.5", "2024-01-31 08:00:00+00", "2024-01-31 08:00:00", "08:00:00", "2024-01-31"],
    third: ["3", "7", "-0.1", "2024-01-31 08:00:00.120003+00", "2024-01-31 10:00:10.1", "00:00:00.001", "9999-12-31"],
  },
])("spells values like $like, and load stores each as it was", async ({ texts, first, third }) => {
  const [table, loaded] = [await findTable(connection, "spelled"), await findTable(connection, "loaded")];
  const compared = await comparedColumns(
    connection,
    { table, description: await describeTable(connection, table) },
    names,
  );
  const values = compared.map((column, index) => spelledAs(column, [texts[index] ?? null, null]));

  const rows = await connection.query(sql`SELECT ${join(values, ", ")} FROM ${table.sql} AS source ORDER BY id`);

  expect([rows[0], rows[2]]).toEqual([first, third]);
  expect(rows[3]).toEqual(["4", null, null, null, null, null, null]);
  const lines = rows.map((row) => encodeRow(row).slice(0, -1));
  await loadPart(connection, { sql: loaded.sql, name: "loaded", columns: compared }, part(lines));
  const same = names.map((name) => `s.${name} <=> l.${name}`).join(" AND ");
  expect(
    await database.query(`SELECT s.id FROM spelled s LEFT JOIN loaded l ON l.id = s.id WHERE NOT (${same})`),
  ).toEqual([]);
  await database.query("DELETE FROM loaded");
});
