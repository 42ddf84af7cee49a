import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { mergeRows } from "../../../../../lib/databases/mysql/load/merge-rows.js";
import { openSessions } from "../../../../../lib/databases/mysql/load/sessions.js";
import { connectTarget, type TargetConnection } from "../../../../../lib/databases/mysql/load/target-connection.js";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import type { LoadRequest, PartToLoad, Target, UpsertRequest } from "../../../../../lib/databases/target-port.js";
import { createMysqlDatabase, spelled } from "../../../../support/mariadb.js";
import type { TestDatabase } from "../../../../support/postgres.js";
import { keeping, noQuarantine, part, people, rejection } from "../../postgres/load/loading.js";

let database: TestDatabase;
let target: Target;
beforeEach(async () => {
  database = await createMysqlDatabase("CREATE TABLE people (id integer PRIMARY KEY, name text)");
  target = await openTarget(database.url, { application: "waybill/test", lockTimeoutMs: 1000, retryMs: 0 });
  await target.ensureLedger();
});
afterEach(async () => {
  await target.close();
  await database.drop();
});

const kept = keeping();
const upsert = (parts: readonly PartToLoad[], changes: Partial<LoadRequest> = {}): LoadRequest =>
  people(parts, { mode: "upsert", way: "merge", keep: kept.keep, ...changes });
const wide = (text: string) => database.query(`DROP TABLE people; ${text}`);
const staging = async () =>
  (await database.query("SHOW TABLES LIKE 'waybill\\_arriving\\_%'")).map((row) => Object.values(row)[0]);

it("compares by what is stored: letters that a collation calls equal, blanks at the end, and every type", async () => {
  await wide(`CREATE TABLE people (id int PRIMARY KEY, word varchar(20) COLLATE utf8mb4_general_ci, cp varchar(9) CHARACTER SET latin1,
      price decimal(10,3), real_ double, small float, day date, at timestamp(3) NULL, clock time, y year, bits bit(9), raw blob, fixed binary(2),
      e enum('a','A b'), s set('x','y'), j json, g geometry);
    INSERT INTO people SELECT seq, 'a', 'é', 1.5, 0, 16777216, '2024-02-29', '2024-02-29 12:00:00.5', '-838:59:59', 0, b'101', x'00ff', x'0a00',
      'a', 'x,y', '{"a": 1}', ST_GeomFromText('POINT(1 2)') FROM (SELECT 1 AS seq UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) AS four`);
  const same = [
    'a,é,1.500,0,16777216,2024-02-29,2024-02-29 12:00:00.500+00,-838:59:59,0000,000000101,\\x00ff,\\x0a00,a,"x,y"',
    '"{""a"": 1}",0101000000000000000000F03F0000000000000040',
  ].join(",");
  const lines = [same, same.replace("a,é", "A,é"), same.replace("a,é", "a ,é"), same.replace("{", "{ ")].map(
    (line, index) => `${index + 1},${line}`,
  );
  const columns = "id word cp price real_ small day at clock y bits raw fixed e s j g".split(" ");

  const { counts } = await target.load(upsert([part(lines)], { columns }));

  // MySQL keeps JSON by its value, MariaDB as it was written.
  const updated = spelled({ mariadb: 3, mysql: 2 });
  expect(counts).toMatchObject({ before: 4, inserted: 0, updated, unchanged: 4 - updated, after: 4 });
  expect(await database.query("SELECT hex(word) AS word FROM people ORDER BY id")).toEqual([
    { word: "61" },
    { word: "41" },
    { word: "6120" },
    { word: "61" },
  ]);
  expect(kept.lines()).toHaveLength(updated);
  expect(kept.lines()[0]).toMatch(/^updated,[0-9a-f]{32},/);
  expect(kept.lines()[0]?.split(",").slice(2).join(",")).toBe(`2,${same}`);
});

it("finds a row by its key as the index does, and writes the key as it arrived", async () => {
  await wide(`CREATE TABLE people (code varchar(9) COLLATE utf8mb4_general_ci, day date, name text, UNIQUE (code, day));
    INSERT INTO people VALUES ('a', '2024-01-01', 'x')`);
  const of = { columns: ["day", "code", "name"], key: ["day", "code"] };

  const { counts } = await target.load(upsert([part(["2024-01-01,A,x", "2024-01-02,A,x"])], of));

  expect(counts).toMatchObject({ inserted: 1, updated: 1 });
  expect(await database.query("SELECT code FROM people ORDER BY day")).toEqual([{ code: "A" }, { code: "A" }]);
  const twice = await rejection(target.load(upsert([part(["2024-01-03,b,x", "2024-01-03,B,x"])], of)));
  expect(twice).toMatchObject({ message: expect.stringContaining("1 keys stand in more than one row") });
});

it("leaves what no mapping speaks of: times that follow an update, computed columns, numbering, hostile names", async () => {
  await database.query(`CREATE TABLE \`Odd "Tab\`\`le\` (\`a b\` int AUTO_INCREMENT PRIMARY KEY, C text, twice int AS (char_length(C) * 2),
      seen timestamp NOT NULL DEFAULT '2020-01-01 00:00:00' ON UPDATE current_timestamp, hidden int INVISIBLE DEFAULT 7)
      PARTITION BY HASH (\`a b\`) PARTITIONS 3;
    INSERT INTO \`Odd "Tab\`\`le\` (\`a b\`, C) VALUES (1, 'a')`);
  const odd = { table: '`Odd "Tab``le`', columns: ["a b", "C"], key: ["a b"] };

  const { counts } = await target.load(upsert([part(["1,b", "2,c"])], odd));

  expect(counts).toMatchObject({ inserted: 1, updated: 1 });
  expect(await database.query('SELECT C, twice, seen, hidden FROM `Odd "Tab``le` ORDER BY 1')).toEqual([
    { C: "b", twice: "2", seen: "2020-01-01 00:00:00", hidden: "7" },
    { C: "c", twice: "2", seen: "2020-01-01 00:00:00", hidden: "7" },
  ]);
});

it("says which triggers ran, and a trigger that changes nothing back is found out", async () => {
  await database.query(`INSERT INTO people VALUES (1, 'Amina');
    CREATE TRIGGER shout BEFORE INSERT ON people FOR EACH ROW SET NEW.name = upper(NEW.name)`);

  const { warnings } = await target.load(upsert([part(["2,Li"])]));
  await database.query("CREATE TRIGGER hold BEFORE UPDATE ON people FOR EACH ROW SET NEW.name = OLD.name");
  const refused = await rejection(target.load(upsert([part(["1,Noor"])], { generation: "g2" })));

  expect(warnings).toEqual([expect.stringContaining("triggers ran for the rows that were written: shout")]);
  expect(refused).toMatchObject({
    message: expect.stringContaining("1 rows were to be inserted or updated, the target wrote 0"),
  });
});

it("finds in a ring of tables who refers to none before the last of them commits", async () => {
  await wide(`CREATE TABLE houses (id int PRIMARY KEY, \`its \`\`owner\` int);
    CREATE TABLE people (id int PRIMARY KEY, house int, FOREIGN KEY of_house (house) REFERENCES houses (id));
    ALTER TABLE houses ADD CONSTRAINT owned FOREIGN KEY (\`its \`\`owner\`) REFERENCES people (id)`);
  await target.saveAndDrop("M-1", [
    { table: "people", which: "foreign keys" },
    { table: "houses", which: "foreign keys" },
  ]);
  const first = upsert([part(["1,7"])], { columns: ["id", "house"], rejects: { ...noQuarantine, later: ["houses"] } });
  const houses = (line: string) =>
    upsert([part([line])], { table: "houses", columns: ["id", "its `owner"], generation: line });

  await target.load(first);
  const [withoutSeven, withoutNine] = [
    await rejection(target.load(houses("6,1"))),
    await rejection(target.load(houses("7,9"))),
  ];
  const refused = await database.count("houses");
  await target.load(houses("7,1"));
  await target.restore("M-1");

  expect(withoutSeven).toMatchObject({
    kind: "integrity",
    message: expect.stringMatching(/people: 1 rows would refer to no row/),
  });
  expect(withoutNine).toMatchObject({
    message: expect.stringMatching(/houses: 1 rows would refer to no row .* \(foreign key owned\)/),
  });
  expect([refused, await database.count("houses")]).toEqual([0, 1]);
});

it("lets parts arrive side by side, none behind another", async () => {
  // The first part's rows end when the second one has arrived.
  async function* slow() {
    yield Buffer.from("1,Amina\n");
    await expect.poll(() => database.count("waybill_loads WHERE part = 'second'"), { timeout: 5000 }).toBe(1);
    yield Buffer.from("2,Li\n");
  }
  const first = part(["1,Amina", "2,Li"], { name: "first", open: () => Readable.from(slow()) });

  const { counts } = await target.load(upsert([first, part(["3,Noor"], { name: "second" })]));

  expect(counts).toMatchObject({ inserted: 3 });
});

it("waits for nobody who writes other rows, and for whoever writes one of its own", async () => {
  await database.query("INSERT INTO people VALUES (1, 'Amina'), (2, 'Li'), (100, 'not ours')");
  const other = await connectTarget(database.url, { application: "somebody", access: "write" });
  const write = (name: string, id: number) =>
    other.execute(`UPDATE people SET name = '${name}' WHERE id = ${id}` as Parameters<typeof other.execute>[0]);
  try {
    await other.transaction(async () => {
      await write("theirs", 100);

      expect((await target.load(upsert([part(["1,Noor"])]))).counts).toMatchObject({ updated: 1 });

      await write("theirs", 2);
      const waited = await rejection(target.load(upsert([part(["2,Noor"])], { generation: "g2" })));
      expect(waited).toMatchObject({ kind: "temporary" });
    });
  } finally {
    await other.close();
  }
  expect((await target.load(upsert([part(["2,Noor"])], { generation: "g2" }))).counts).toMatchObject({ updated: 1 });
});

it("a session that ends in the middle leaves the table as it was, and the next one goes on with the parts that are there", async () => {
  await database.query("INSERT INTO people VALUES (1, 'Amina')");
  const dying = await openTarget(database.url, { application: "waybill/dying", retryMs: 0 });
  const [first, second] = [part(["1,Noor"]), part(["2,Li"], { name: "part-00001.csv.gz" })];
  const kill = () =>
    database.query(`SELECT group_concat('KILL ', id SEPARATOR ';') AS kills FROM information_schema.PROCESSLIST
      WHERE db = database() AND id <> connection_id()`);
  const keep = async () => {
    for (const one of ((await kill())[0]?.kills ?? "").split(";")) await database.query(one).catch(() => undefined);
    throw new Error("gone");
  };
  await rejection(dying.load(upsert([first, second], { keep })));
  await dying.close();
  await target.close();
  target = await openTarget(database.url, { application: "waybill/test" });

  expect(await database.query("SELECT * FROM people")).toEqual([{ id: "1", name: "Amina" }]);
  expect(await staging()).toHaveLength(1);
  const unread = (one: PartToLoad): PartToLoad => ({ ...one, open: () => Promise.reject(new Error("read again")) });
  const { counts } = await target.load(upsert([unread(first), unread(second)]));

  expect(counts).toMatchObject({ inserted: 1, updated: 1, after: 2 });
  expect(await staging()).toEqual([]);
});

it("killed before any of its statements, the same upsert ends the same", async () => {
  const fresh = "DELETE FROM people; INSERT INTO people VALUES (1, 'Amina'), (2, 'Li'), (100, 'not ours')";
  const request = upsert([part(["1,Noor"]), part(["2,Li", "3,Zoe"], { name: "part-00001.csv.gz" })]);
  const state = async () => [
    await database.query("SELECT * FROM people ORDER BY id"),
    await database.query(
      "SELECT generation, state, rows_before, inserted, updated, unchanged, rows_after FROM waybill_generations",
    ),
    await database.query("SELECT generation, part, row_count FROM waybill_loads ORDER BY part"),
    await staging(),
  ];
  await database.query(fresh);
  await target.load(request);
  const wanted = await state();
  let [deadly, died] = [0, true];
  while (died) {
    [deadly, died] = [deadly + 1, false];
    await database.query(`${fresh}; DELETE FROM waybill_generations; DELETE FROM waybill_loads`);
    let statements = 0;
    const sessions = await openSessions(database.url, { application: "waybill/dying", retryMs: 0 });
    const { main } = sessions;
    const execute: TargetConnection["execute"] = async (statement) => {
      statements += 1;
      if (statements === deadly) {
        died = true;
        await main.close();
      }
      return await main.execute(statement);
    };
    await mergeRows({ ...sessions, main: { ...main, execute } }, request).catch(() => undefined);
    await sessions.close();

    await target.load(request);
    await target.rebuildIndexes("M-1", "people");

    expect([deadly, await state()]).toEqual([deadly, wanted]);
  }
  expect(deadly).toBeGreaterThan(10);
}, 60_000);

it("what a run leaves that dies after its last commit goes with the next look at the table", async () => {
  await target.load(upsert([part(["1,Li"])]));
  const left = `waybill_arriving_${"0".repeat(16)}`;
  await database.query(`CREATE TABLE ${left} (id int)`);
  const name = await target.load(
    upsert([part(["2,Li"])], { generation: "g2", beforeCommit: async () => void (await staging()) }),
  );
  expect(name.counts.inserted).toBe(1);

  await target.rebuildIndexes("M-1", "people");

  expect(await staging()).toEqual([left]);
});

const unit = (table: string, lines: readonly string[], changes: Partial<UpsertRequest> = {}): UpsertRequest => ({
  migration: "M-1",
  table,
  unit: "people-42",
  columns: ["id", "name"],
  key: ["id"],
  hidesKey: false,
  triggers: "aside",
  part: part(lines),
  keep: kept.keep,
  beforeCommit: async () => {},
  ...changes,
});

it("a unit goes in with its parents in one transaction, a ring of tables at once, and nothing of it where one row is refused", async () => {
  await wide(`CREATE TABLE houses (id int PRIMARY KEY, owner int);
    CREATE TABLE people (id int PRIMARY KEY, house int NOT NULL, FOREIGN KEY (house) REFERENCES houses (id), CHECK (id < 100));
    ALTER TABLE houses ADD CONSTRAINT owned FOREIGN KEY (owner) REFERENCES people (id)`);
  const houses = (lines: readonly string[]) => unit("houses", lines, { columns: ["id", "owner"] });
  const owners = (lines: readonly string[]) => unit("people", lines, { columns: ["id", "house"] });

  const done = await target.upsertAll([[houses(["1,7"]), owners(["7,1"])]]);
  const again = await target.upsertAll([[houses(["1,7"]), owners(["7,1"])]]);
  const orphan = await rejection(target.upsertAll([[houses(["2,8"]), owners(["7,1"])]]));
  const refused = await rejection(target.upsertAll([[houses(["2,\\N"])], [owners(["100,2"])]]));

  expect(done).toEqual([
    { inserted: 1, updated: 0, unchanged: 0 },
    { inserted: 1, updated: 0, unchanged: 0 },
  ]);
  expect(again).toEqual([
    { inserted: 0, updated: 0, unchanged: 1 },
    { inserted: 0, updated: 0, unchanged: 1 },
  ]);
  expect(orphan).toMatchObject({ message: expect.stringContaining("(foreign key owned)") });
  expect(refused).toMatchObject({ kind: "difference", message: expect.stringContaining("the target refuses the row") });
  expect([await database.count("houses"), await database.count("people")]).toEqual([1, 1]);
  expect(await database.query("SELECT generation, inserted, rows_after FROM waybill_generations")).toEqual([
    { generation: "unit:people-42", inserted: "1", rows_after: "1" },
    { generation: "unit:people-42", inserted: "1", rows_after: "1" },
  ]);
});
