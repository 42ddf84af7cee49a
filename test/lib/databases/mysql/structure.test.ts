import { expect, it, onTestFinished } from "vitest";
import { openChecks } from "../../../../lib/databases/open-checks.js";
import { createMysqlDatabase } from "../../../support/mariadb.js";
import { part } from "../postgres/load/loading.js";

it("a table's structure names every column, key, CHECK and index, each as it is declared", async () => {
  const database = await createMysqlDatabase(`CREATE TABLE towns (id int PRIMARY KEY);
    CREATE TABLE people (id int AUTO_INCREMENT, \`odd \`\`name\` varchar(20) NOT NULL DEFAULT 'x', town int,
      PRIMARY KEY (id), UNIQUE KEY named (\`odd \`\`name\`), CONSTRAINT lives FOREIGN KEY lives (town) REFERENCES towns (id),
      CONSTRAINT some CHECK (town > 0))`);
  onTestFinished(() => database.drop());
  const checks = await openChecks(database.url, { application: "waybill/test" });
  onTestFinished(() => checks.close());
  const request = { table: "people", columns: ["id"], key: undefined, allRows: true, parts: [part([])] };
  const structure = async () => await checks.checkTable(request, async (table) => await table.structure?.());

  const before = await structure();
  await database.query("ALTER TABLE people DROP KEY named, MODIFY town bigint NULL DEFAULT 5, DROP FOREIGN KEY lives");
  const after = await structure();

  expect(before).toEqual([
    { kind: "column", name: "id", definition: "int(11) NOT NULL AUTO_INCREMENT" },
    { kind: "column", name: "odd `name", definition: "varchar(20) NOT NULL DEFAULT 'x'" },
    { kind: "column", name: "town", definition: "int(11) DEFAULT NULL" },
    { kind: "constraint", name: "PRIMARY", definition: "PRIMARY KEY (`id`)" },
    { kind: "index", name: "named", definition: "UNIQUE KEY `named` (`odd ``name`)" },
    { kind: "index", name: "lives", definition: "KEY `lives` (`town`)" },
    {
      kind: "foreign key",
      name: "lives",
      definition: "CONSTRAINT `lives` FOREIGN KEY (`town`) REFERENCES `towns` (`id`)",
    },
    { kind: "constraint", name: "some", definition: "CONSTRAINT `some` CHECK (`town` > 0)" },
  ]);
  expect(after?.map(({ kind, name }) => `${kind} ${name}`)).not.toContain("index named");
  expect(after).toContainEqual({ kind: "column", name: "town", definition: "bigint(20) DEFAULT 5" });
});
