import { type Connection, createConnection } from "mysql2/promise";
import { expect, it, onTestFinished } from "vitest";
import { openTarget } from "../../../lib/databases/open-target.js";
import { createMysqlDatabase } from "../../support/mariadb.js";
import type { Row, TestDatabase } from "../../support/postgres.js";
import { startProgram } from "../../support/program.js";
import { createMigration } from "../migration-fixture.js";

const tables = `
  CREATE TABLE towns (id int PRIMARY KEY); INSERT INTO towns VALUES (1);
  CREATE TABLE people (id int AUTO_INCREMENT PRIMARY KEY, name varchar(40), town int, KEY by_name (name),
    CONSTRAINT of_town FOREIGN KEY (town) REFERENCES towns (id)) COMMENT 'everybody';
  CREATE TABLE heard (person int); CREATE TRIGGER hear AFTER INSERT ON people FOR EACH ROW INSERT INTO heard VALUES (NEW.id);`;

it("a load into MariaDB that is killed, wherever it is, is finished by the same command", {
  timeout: 120_000,
}, async () => {
  const source = await database(`${tables} INSERT INTO people VALUES (1, 'Li', 1), (2, 'Ada', NULL), (3, 'Zoe', 1)`);
  const target = await database(tables);
  const files = { "people.yaml": "table: people\nfrom: people\ncolumns: all\n" };
  const migration = await createMigration({
    source: source.url,
    target: target.url,
    extracts: ["people: { part_rows: 2 }"],
    files,
  });
  for (const stage of ["extract", "transform"]) expect(await migration.run(stage)).toMatchObject({ exitCode: 0 });
  const whole = await definitions(target);

  for (const moment of [whilePartsArrive, betweenExchangeAndLedger]) {
    await target.query(`DROP DATABASE ${target.name}; CREATE DATABASE ${target.name} CHARACTER SET utf8mb4; USE ${target.name}; ${tables}
      INSERT INTO people (id, name) VALUES (9, 'of before'); DELETE FROM heard`);
    const holder = await ledgerHolder(target);
    const args = [
      "load",
      ["--confirm", "TEST-1", "-m", migration.specification, "-w", migration.work, "--force"],
    ] as const;
    const { child, result } = startProgram(...args, { env: migration.environment });
    onTestFinished(() => void child.kill("SIGKILL"));
    await seen(target, "info LIKE 'INSERT INTO waybill_loads%'");
    await moment(target, holder, () => child.kill("SIGKILL"));
    expect(await result).toMatchObject({ exitCode: -9 });

    const again = await migration.run("load", ["--confirm", "TEST-1"]);

    expect(again, again.stderr).toMatchObject({ exitCode: 0 });
    expect(await target.query("SELECT * FROM people ORDER BY id")).toEqual(
      await source.query("SELECT * FROM people ORDER BY id"),
    );
    expect(await definitions(target)).toEqual(whole);
    expect(await target.query("SELECT * FROM heard")).toEqual([]);
    expect(await target.query("SELECT state, rows_before, inserted FROM waybill_generations")).toEqual([
      { state: "live", rows_before: "1", inserted: "3" },
    ]);
    expect(await target.query("SELECT part, row_count FROM waybill_loads ORDER BY part")).toEqual([
      { part: "part-00000.csv.gz", row_count: "2" },
      { part: "part-00001.csv.gz", row_count: "1" },
    ]);
    expect(await target.query("SELECT * FROM waybill_definitions")).toEqual([]);
  }
});

type Moment = (target: TestDatabase, holder: Connection, kill: () => void) => Promise<void>;

const whilePartsArrive: Moment = async (_, holder, kill) => {
  kill();
  await holder.end();
};

// Tables are exchanged once nobody reads the live one; that is not said while somebody has locked what it is said in.
const betweenExchangeAndLedger: Moment = async (target, holder, kill) => {
  const [reader, other] = [await session(target), await session(target)];
  await reader.query("BEGIN; SELECT * FROM people");
  await holder.end();
  await seen(target, "info LIKE 'RENAME TABLE%'");
  await other.query("BEGIN; SELECT * FROM waybill_generations FOR UPDATE");
  await reader.end();
  await seen(target, "info LIKE 'DELETE FROM waybill_generations%'");
  kill();
  await other.end();
};

/** A session that has locked the ledger, so that the lines of parts wait for it. */
async function ledgerHolder(target: TestDatabase): Promise<Connection> {
  const ledger = await openTarget(target.url, { application: "test" });
  await ledger.ensureLedger();
  await ledger.close();
  const holder = await session(target);
  await holder.query("BEGIN; SELECT * FROM waybill_loads FOR UPDATE");
  return holder;
}

async function session(target: TestDatabase): Promise<Connection> {
  const { hostname: host, port, username: user } = new URL(target.url);
  const client = await createConnection({
    host,
    port: Number(port),
    user,
    database: target.name,
    multipleStatements: true,
  });
  onTestFinished(() => client.destroy());
  return client;
}

async function seen(target: TestDatabase, condition: string): Promise<void> {
  const find = () =>
    target.count(`information_schema.PROCESSLIST WHERE db = database() AND id <> connection_id() AND ${condition}`);
  await expect.poll(find, { timeout: 30_000 }).toBeGreaterThan(0);
}

async function database(sql: string): Promise<TestDatabase> {
  const created = await createMysqlDatabase(sql);
  onTestFinished(() => created.drop());
  return created;
}

/** What the catalog says of the table that is loaded, its trigger included. */
async function definitions(target: TestDatabase): Promise<readonly (readonly Row[])[]> {
  const created = await target.query("SHOW CREATE TABLE people");
  const triggers = await target.query(
    "SELECT TRIGGER_NAME, ACTION_STATEMENT, DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = database()",
  );
  return [
    created.map((row) => ({ ...row, "Create Table": row["Create Table"]?.replace(/ AUTO_INCREMENT=\d+/, "") ?? "" })),
    triggers,
  ];
}
