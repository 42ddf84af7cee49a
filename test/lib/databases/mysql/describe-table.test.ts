import { expect, it } from "vitest";
import { findTable } from "../../../../lib/databases/mysql/catalog.js";
import { connect } from "../../../../lib/databases/mysql/connection.js";
import { describeTable } from "../../../../lib/databases/mysql/describe-table.js";
import { createMysqlDatabase } from "../../../support/mariadb.js";
import { rejection } from "../postgres/load/loading.js";

it("describes a table: its kind, columns, keys and parents, as the catalog spells them", async () => {
  const database = await createMysqlDatabase(`
    CREATE TABLE \`odd.one\` (b int, a int, name text, PRIMARY KEY (b, a));
    CREATE TABLE children (id int AUTO_INCREMENT PRIMARY KEY, x int, y int, \`of\` int, doubled int AS (x * 2) VIRTUAL,
      UNIQUE KEY own (\`of\`), CONSTRAINT two FOREIGN KEY (x, y) REFERENCES \`odd.one\` (b, a),
      CONSTRAINT own FOREIGN KEY (\`of\`) REFERENCES children (id));
    CREATE TABLE years (y int PRIMARY KEY) PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN MAXVALUE);
    CREATE VIEW seen AS SELECT id FROM children`);
  const connection = await connect(database.url, "waybill/test");

  const described = [];
  for (const written of ["children", `${database.name}.\`odd.one\``, "years", "seen"])
    described.push(await describeTable(connection, await findTable(connection, written)));
  const error = await rejection(findTable(connection, "childen"));
  await connection.close();
  await database.drop();

  const [children, odd, years, seen] = described;
  expect(children).toMatchObject({
    qualifiedName: `${database.name}.children`,
    kind: "table",
    primaryKey: ["id"],
    foreignKeys: [
      { name: "own", columns: ["of"], parent: `${database.name}.children`, parentColumns: ["id"] },
      { name: "two", columns: ["x", "y"], parent: `${database.name}.\`odd.one\``, parentColumns: ["b", "a"] },
    ],
  });
  expect(children?.columns.filter(({ generated }) => generated).map(({ name }) => name)).toEqual(["doubled"]);
  expect(odd).toMatchObject({ qualifiedName: `${database.name}.\`odd.one\``, primaryKey: ["b", "a"], foreignKeys: [] });
  expect([years?.kind, seen?.kind]).toEqual(["partitioned table", "view"]);
  expect(error).toMatchObject({ kind: "missing", hint: "did you mean children?" });
});
