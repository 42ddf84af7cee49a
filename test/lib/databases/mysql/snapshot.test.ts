import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { openSource } from "../../../../lib/databases/open-source.js";
import type { Source } from "../../../../lib/databases/port.js";
import type { Extract } from "../../../../lib/mapping/migration.js";
import { extractName } from "../../../../lib/model/names.js";
import { startMariadb, testSettings } from "../../../../scripts/mariadb-server.js";
import { createMysqlDatabase, server, spelled } from "../../../support/mariadb.js";
import type { TestDatabase } from "../../../support/postgres.js";

const accounts: Extract = {
  name: extractName("accounts"),
  source: undefined,
  from: { kind: "table", table: "accounts" },
  where: undefined,
  key: undefined,
  watermark: undefined,
  rowChecksum: false,
  partRows: 1,
  partBy: undefined,
  invalidText: "refuse",
};
const total = 6000;

async function database(at?: string): Promise<TestDatabase> {
  const created = await createMysqlDatabase(
    `CREATE TABLE accounts (id int PRIMARY KEY, balance int); INSERT INTO accounts VALUES (1, 1000), (2, 2000), (3, 3000)`,
    ...(at === undefined ? [] : [at]),
  );
  onTestFinished(() => created.drop());
  return created;
}

/** The URL of a user who may read this database, and others where told, and do nothing else. */
async function reader({ name, url, query }: TestDatabase, others = "", privileges = "SELECT"): Promise<string> {
  const user = `${others === "" ? "r" : "o"}${privileges.length}${name.slice(5)}`;
  await query(`CREATE USER ${user}@'%'; GRANT ${privileges} ON ${name}.* TO ${user}@'%'`);
  if (others !== "") await query(`GRANT ${privileges} ON ${others}.* TO ${user}@'%'`);
  onTestFinished(() => query(`DROP USER ${user}@'%'`).then(() => undefined));
  return Object.assign(new URL(url), { username: user }).href;
}

const locker = (database: TestDatabase, others = "") => reader(database, others, "SELECT, LOCK TABLES");

async function open(url: string): Promise<Source> {
  const source = await openSource(url, { application: "waybill/test", jobs: 3 });
  onTestFinished(() => source.close());
  return source;
}

/** The sum over all parts, read at the same time on as many connections as there are. */
async function sumOf(source: Source): Promise<number> {
  const table = await source.describe(accounts);
  const copies: Promise<void>[] = [];
  let sum = 0;
  for await (const range of source.ranges(accounts, table)) {
    const take = async ({ rows }: { readonly rows: NodeJS.ReadableStream }) => {
      for (const line of (await text(rows)).trim().split("\n")) sum += Number(line.split(",")[1] ?? 0);
    };
    copies.push(source.copy({ extract: accounts, table, range, selection: { kind: "all" } }, take));
  }
  await Promise.all(copies);
  return sum;
}

/** Moves money to and fro until told to stop: the sum never changes, and each account all the time. */
function busyWriter({ query }: TestDatabase): () => Promise<void> {
  let isOver = false;
  const move = (from: number, to: number) =>
    `START TRANSACTION; UPDATE accounts SET balance = balance - 7 WHERE id = ${from}; UPDATE accounts SET balance = balance + 7 WHERE id = ${to}; COMMIT;`;
  const moves = [move(1, 2), move(2, 3), move(3, 1), move(2, 1)].join("\n").repeat(5);
  const done = (async () => {
    while (!isOver) await query(moves).then(() => wait(10));
  })();
  return async () => {
    isOver = true;
    await done;
  };
}

it.each([
  ["global read lock", async (one: TestDatabase) => one.url],
  [spelled({ mariadb: "binlog position", mysql: "one connection" }), reader],
  [spelled({ mariadb: "binlog position", mysql: "table locks" }), locker],
] as const)("all connections see one state, by %s, while others write", async (reached, urlOf) => {
  const written = await database();
  const url = await urlOf(written);
  const stop = busyWriter(written);

  const sums: number[] = [];
  const ways = new Set<string | undefined>();
  for (let attempt = 0; attempt < 8; attempt++) {
    const source = await openSource(url, { application: "waybill/test", jobs: 3 });
    ways.add(source.snapshot.reached);
    sums.push(await sumOf(source));
    await source.close();
  }
  await stop();

  expect(sums).toEqual(Array.from({ length: 8 }, () => total));
  // Where commits come too fast to find all connections at one place, a single one is left: no less consistent.
  expect([...ways].filter((way) => way === reached || way !== "one connection")).toEqual([reached]);
});

it("one connection reads everything where neither lock nor binlog can be had", async () => {
  const without = await startMariadb(testSettings.filter((setting) => !setting.includes("binlog")));
  onTestFinished(without.stop);
  const [written, other] = [await database(without.url("")), await database(without.url(""))];
  const source = await open(await reader(written));

  await written.query("UPDATE accounts SET balance = 0");
  const sum = await sumOf(source);

  const locking = await open(await locker(written));
  const ofTwo = await open(await locker(written, other.name));
  await written.query("UPDATE accounts SET balance = balance + 1");

  expect(sum).toBe(total);
  expect(await sumOf(locking)).toBe(0);
  expect([locking, ofTwo].map(({ snapshot }) => snapshot.reached)).toEqual(["table locks", "one connection"]);
  expect(source.snapshot).toMatchObject({ reached: "one connection", position: expect.stringMatching(/^lsn:\d+$/) });
});

it("gives up a lock it does not get, and keeps nobody waiting for ever", async () => {
  const written = await database();
  const holding = written.query("LOCK TABLES accounts WRITE; SELECT sleep(12)");

  const source = await open(written.url);

  expect(source.snapshot.reached).toBe(spelled({ mariadb: "binlog position", mysql: "one connection" }));
  await holding;
});

it("keeps nobody waiting behind a statement that runs long", async () => {
  const written = await database();
  const long = written.query(`SELECT sleep(${spelled({ mariadb: 3, mysql: 12 })}) FROM accounts LIMIT 1`);
  await wait(1200);

  const source = await open(written.url);
  const before = performance.now();
  await written.query("UPDATE accounts SET balance = balance + 1");
  const waitedMs = performance.now() - before;
  await long;

  expect(source.snapshot.reached).toBe(spelled({ mariadb: "global read lock", mysql: "one connection" }));
  expect(waitedMs).toBeLessThan(900);
});

it("says that a table was made anew since the snapshot, and that another run reads it", async () => {
  const written = await database();
  const source = await open(written.url);

  await written.query("ALTER TABLE accounts ENGINE = InnoDB, ADD COLUMN note text");

  await expect(sumOf(source)).rejects.toMatchObject({ kind: "temporary" });
});

it("calls the same state by the same name, and another by another, with its place in the binlog", async () => {
  const written = await database();

  const [one, same] = [await open(written.url), await open(written.url)];
  await written.query("UPDATE accounts SET balance = balance + 1");
  const later = await open(written.url);

  // Other tests write to this server too: only what was read without a commit between is the same.
  expect(one.snapshot.id === same.snapshot.id).toBe(one.snapshot.position === same.snapshot.position);
  expect(later.snapshot.id).not.toBe(one.snapshot.id);
  expect(one.snapshot).toMatchObject({
    consistency: "consistent",
    position: expect.stringMatching(/^binlog\.\d+:\d+$/),
  });
  expect(one.snapshot.id).toBe(`${server.product}:${one.snapshot.position}`);
  // MySQL counts transactions only where gtid_mode is ON.
  expect(one.snapshot.gtid ?? "").toMatch(spelled({ mariadb: /^\d+-\d+-\d+$/, mysql: /^([\da-f-]{36}:|$)/ }));
});

it("names the tables that no snapshot covers", async () => {
  const written = await database();
  const engine = spelled({ mariadb: "Aria", mysql: "ARCHIVE" });
  await written.query(
    `CREATE TABLE old (id int PRIMARY KEY) ENGINE=MyISAM; CREATE TABLE older (id int) ENGINE=${engine}`,
  );

  const source = await open(written.url);

  expect(source.snapshot.notCovered).toEqual(["old", "older"]);
});
