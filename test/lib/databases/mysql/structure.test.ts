import { expect, it, onTestFinished } from "vitest";
import { openChecks } from "../../../../lib/databases/open-checks.js";
import { createMysqlDatabase, spelled } from "../../../support/mariadb.js";
import type { TestDatabase } from "../../../support/postgres.js";
import { part } from "../postgres/load/loading.js";

it("a table's structure has no comments, and the word where it is none", async () => {
  const database = await createMysqlDatabase(`CREATE TABLE notes (
    id int COMMENT 'it''s, \\\\ DEFAULT 7', kind varchar(40) DEFAULT 'a COMMENT ''b''', facts json COMMENT 'x',
    KEY \`a COMMENT 'b'\` (id) COMMENT 'y')`);
  onTestFinished(() => database.drop());
  const checks = await openChecks(database.url, { application: "waybill/test" });
  onTestFinished(() => checks.close());
  const request = { table: "notes", columns: ["id"], key: undefined, allRows: true, parts: [part([])] };

  const structure = await checks.checkTable(request, async (table) => await table.structure?.());

  expect(structure?.map(({ definition }) => definition)).toEqual([
    expect.stringMatching(/^int(\(11\))? DEFAULT NULL$/),
    "varchar(40) DEFAULT 'a COMMENT ''b'''",
    expect.stringMatching(/^(json DEFAULT NULL|longtext .*DEFAULT NULL CHECK \(json_valid\(`facts`\)\))$/),
    "KEY `a COMMENT 'b'` (`id`)",
  ]);
});

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
    { kind: "column", name: "id", definition: `int${spelled({ mariadb: "(11)", mysql: "" })} NOT NULL AUTO_INCREMENT` },
    { kind: "column", name: "odd `name", definition: "varchar(20) NOT NULL DEFAULT 'x'" },
    { kind: "column", name: "town", definition: `int${spelled({ mariadb: "(11)", mysql: "" })} DEFAULT NULL` },
    { kind: "constraint", name: "PRIMARY", definition: "PRIMARY KEY (`id`)" },
    { kind: "index", name: "named", definition: "UNIQUE KEY `named` (`odd ``name`)" },
    { kind: "index", name: "lives", definition: "KEY `lives` (`town`)" },
    {
      kind: "foreign key",
      name: "lives",
      definition: "CONSTRAINT `lives` FOREIGN KEY (`town`) REFERENCES `towns` (`id`)",
    },
    {
      kind: "constraint",
      name: "some",
      definition: spelled({
        mariadb: "CONSTRAINT `some` CHECK (`town` > 0)",
        mysql: "CONSTRAINT `some` CHECK ((`town` > 0))",
      }),
    },
  ]);
  expect(after?.map(({ kind, name }) => `${kind} ${name}`)).not.toContain("index named");
  expect(after).toContainEqual({
    kind: "column",
    name: "town",
    definition: `bigint${spelled({ mariadb: "(20) DEFAULT 5", mysql: " DEFAULT '5'" })}`,
  });
});

it("a table's structure has its triggers as they were made, in their order; or says that nobody showed them", async () => {
  const database = await createMysqlDatabase(`CREATE TABLE people (id int PRIMARY KEY, name varchar(20));
    CREATE TRIGGER one BEFORE UPDATE ON people FOR EACH ROW SET NEW.id = 1;
    CREATE TRIGGER again BEFORE UPDATE ON people FOR EACH ROW FOLLOWS one SET NEW.id = 2;
    CREATE TRIGGER later AFTER UPDATE ON people FOR EACH ROW SET @later = 'x'`);
  onTestFinished(() => database.drop());
  const reader = await createReader(database);
  const request = { table: "people", columns: ["id"], key: undefined, allRows: true, parts: [part([])] };
  const triggers = async (url: string) => {
    const checks = await openChecks(url, { application: "waybill/test" });
    onTestFinished(() => checks.close());
    const structure = await checks.checkTable(request, async (table) => await table.structure?.());
    return structure?.filter(({ kind }) => kind === "trigger");
  };

  const [seen, hidden] = [await triggers(database.url), await triggers(reader.url)];
  await database.query(`GRANT TRIGGER ON people TO ${reader.name}`);
  const shown = await triggers(reader.url);

  expect(seen?.map(({ name, definition }) => [name, definition.replace(/ \(of .*$/, "")])).toEqual([
    ["again", "BEFORE UPDATE FOLLOWS one SET NEW.id = 2"],
    ["later", "AFTER UPDATE SET @later = 'x'"],
    ["one", "BEFORE UPDATE SET NEW.id = 1"],
  ]);
  expect(hidden).toEqual([
    { kind: "trigger", name: "", definition: "", unknown: expect.stringContaining("GRANT TRIGGER ON") },
  ]);
  expect(shown).toEqual(seen);
});

async function createReader(database: TestDatabase) {
  const user = `${database.name}_reader`;
  await database.query(
    `CREATE USER ${user} IDENTIFIED BY 'secret'; GRANT SELECT, CREATE TEMPORARY TABLES ON ${database.name}.* TO ${user}`,
  );
  onTestFinished(async () => void (await database.query(`DROP USER ${user}`)));
  return { name: user, url: Object.assign(new URL(database.url), { username: user, password: "secret" }).href };
}
