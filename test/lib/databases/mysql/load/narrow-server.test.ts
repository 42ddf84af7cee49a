import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { connectTarget, type TargetConnection } from "../../../../../lib/databases/mysql/load/target-connection.js";
import { openChecks } from "../../../../../lib/databases/open-checks.js";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import type { Target } from "../../../../../lib/databases/target-port.js";
import { sql } from "../../../../../lib/mapping/sql.js";
import { type MariadbServer, startMariadb, testSettings } from "../../../../../scripts/mariadb-server.js";
import { assertRoom } from "../../../../../stages/load/room.js";
import { createMysqlDatabase } from "../../../../support/mariadb.js";
import type { TestDatabase } from "../../../../support/postgres.js";
import { keeping, part, people, rejection } from "../../postgres/load/loading.js";

// All tables in one file that may not grow, and each with a primary key.
const settings = [
  "innodb-autoextend-increment=4",
  "innodb-file-per-table=0",
  "innodb-data-file-path=ibdata1:12M:autoextend:max:80M",
  "innodb-force-primary-key=1",
];

let server: MariadbServer;
beforeAll(async () => {
  server = await startMariadb([...testSettings, ...settings]);
});
afterAll(() => server?.stop());

async function prepared(sql: string): Promise<{ readonly database: TestDatabase; readonly target: Target }> {
  const database = await createMysqlDatabase(sql, server.url(""));
  const target = await openTarget(database.url, { application: "waybill/test", lockTimeoutMs: 1000, retryMs: 0 });
  onTestFinished(async () => {
    await target.close();
    await database.drop();
  });
  await target.ensureLedger();
  return { database, target };
}

it("a server that takes no table without a primary key is loaded, merged into and checked like any other", async () => {
  const { database, target } = await prepared(`CREATE TABLE people (id int PRIMARY KEY, name text);
    SET GLOBAL innodb_force_primary_key = 0; CREATE TABLE notes (id int, name text); SET GLOBAL innodb_force_primary_key = 1`);
  const check = { ...people([]), table: "notes" };

  const ways = [await target.chooseWay(people([])), await target.chooseWay(check)];
  await target.load(people([part(["1,Amina"])], { way: "swap" }));
  await target.load(people([part(["1,Amina"])], { table: "notes", way: "in place" }));
  await target.load(people([part(["2,Li"])], { mode: "upsert", way: "merge", generation: "g2", keep: keeping().keep }));
  const checks = await openChecks(database.url, { application: "waybill/test" });
  const request = {
    table: "people",
    columns: ["id", "name"],
    key: undefined,
    allRows: true,
    parts: [part(["1,Amina", "2,Li"])],
  };
  const comparison = await checks.checkTable(request, (table) => table.compare());
  await checks.close();

  expect(ways).toMatchObject([
    { way: "swap" },
    { way: "in place", because: "the server takes no new table without a primary key" },
  ]);
  expect(comparison).toMatchObject({ equal: 2 });
});

it("who writes a table is told from who writes another one where the server lists locks, and by how long nothing came", async () => {
  const { database, target } = await prepared(`CREATE TABLE people (id int PRIMARY KEY, name text);
    CREATE TABLE others (id int PRIMARY KEY); INSTALL SONAME 'metadata_lock_info'`);
  const [one, other] = [await openSession(database), await openSession(database)];
  await one.execute(sql`START TRANSACTION`);
  await one.execute(sql`INSERT INTO others VALUES (1)`);
  await other.execute(sql`START TRANSACTION`);
  await other.execute(sql`INSERT INTO people VALUES (1, 'Li')`);
  const [[id] = []] = await other.query(sql`SELECT connection_id()`);

  const check = people([]);
  const error = await rejection(target.assertReady([{ check, chosen: await target.chooseWay(check) }]));

  const said = `people is written by connection ${id}, root from \\S+, in a transaction since [^,]+, idle for \\d+ s$`;
  expect(error).toMatchObject({ kind: "temporary", message: expect.stringMatching(new RegExp(said)) });
});

async function openSession(database: TestDatabase): Promise<TargetConnection> {
  const connection = await connectTarget(database.url, { application: "somebody", access: "write" });
  onTestFinished(() => connection.close());
  return connection;
}

it("rows that clearly do not fit on the server's disk are refused with both numbers, where its folder is in sight", async () => {
  const { database, target } = await prepared("CREATE TABLE people (id int PRIMARY KEY, name text)");
  const [data] = await database.query("SELECT @@datadir AS folder");

  const [storage] = await target.storage(["people"]);

  expect(storage?.folder).toBe(data?.folder);
  await expect(assertRoom(target, [{ table: "people", bytes: 1e18 }])).rejects.toMatchObject({
    kind: "disk",
    message: expect.stringMatching(
      /^the rows need at least 1000000000000\.0 MB in \/\S+, and [1-9]\d*\.\d MB are free$/,
    ),
  });
  await assertRoom(target, [{ table: "people", bytes: 1_000 }]);
});

it("a disk that fills in the middle of a load ends it in words, nothing lost; with room the same load ends well", async () => {
  const { database, target } = await prepared("CREATE TABLE people (id int PRIMARY KEY, name longtext)");
  await database.query(`INSERT INTO people VALUES (0, 'was here');
    CREATE TABLE filler (id int PRIMARY KEY, text longtext);
    INSERT INTO filler SELECT seq, repeat('x', 10000000) FROM seq_1_to_6`);
  const lines = Array.from({ length: 6000 }, (_, row) => `${row},${"y".repeat(2000)}`);
  const request = people([part(lines)], { way: "swap", confirmed: true });

  const error = await rejection(target.load(request));
  const kept = await database.query("SELECT * FROM people");
  await database.query("DROP TABLE filler");
  // The room of a dropped table comes back a little later.
  await expect.poll(() => freeBytes(database), { timeout: 5000 }).toBeGreaterThan(30_000_000);
  const { counts } = await target.load(request);

  expect(error).toMatchObject({
    kind: "disk",
    message: expect.stringMatching(/^people, part-00000.csv.gz: The table '…' is full/),
    hint: "make room on the database server, then run the same command again",
  });
  expect(kept).toEqual([{ id: "0", name: "was here" }]);
  expect(counts).toMatchObject({ after: 6000 });
});

async function freeBytes(database: TestDatabase): Promise<number> {
  const sql = "SELECT DATA_FREE AS free FROM information_schema.TABLES WHERE TABLE_NAME = 'people'";
  return Number((await database.query(sql))[0]?.free);
}
