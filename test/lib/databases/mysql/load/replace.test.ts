import { Readable } from "node:stream";
import { createConnection } from "mysql2/promise";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tableAt } from "../../../../../lib/databases/mysql/catalog.js";
import { nextTable, previousTable } from "../../../../../lib/databases/mysql/load/kept-tables.js";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import type { LoadOutcome, LoadRequest, PartToLoad, Target } from "../../../../../lib/databases/target-port.js";
import { createMysqlDatabase, server, spelled } from "../../../../support/mariadb.js";
import type { TestDatabase } from "../../../../support/postgres.js";
import { noQuarantine, part, people, rejection } from "../../postgres/load/loading.js";

let database: TestDatabase;
let target: Target;
beforeEach(async () => {
  database = await createMysqlDatabase(`
    CREATE TABLE parents (id int PRIMARY KEY);
    CREATE TABLE people (id int AUTO_INCREMENT, name varchar(40) NOT NULL COMMENT 'as it''s written', parent int,
      twice int GENERATED ALWAYS AS (char_length(name) * 2), seen timestamp NULL ON UPDATE current_timestamp, hidden int INVISIBLE DEFAULT 7,
      PRIMARY KEY (id), UNIQUE KEY by_name (name), KEY by_parent (parent, name),
      CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES parents (id))
      AUTO_INCREMENT = 500 COMMENT 'everybody'`);
  target = await openTarget(database.url, { application: "waybill/test" });
});
afterEach(async () => {
  await target.close();
  await database.drop();
});

/** Loads as the stage does: what stands aside included. */
async function load(request: LoadRequest, by: Target = target): Promise<LoadOutcome> {
  await by.lock(request.migration, [request.table]);
  const chosen = await by.chooseWay(request);
  await by.assertReady([{ check: request, chosen }]);
  await by.assertLoadable(request);
  await by.ensureLedger();
  if (chosen.aside !== undefined)
    await by.saveAndDrop(request.migration, [{ table: request.table, which: chosen.aside }]);
  try {
    return await by.load({ ...request, way: chosen.way });
  } finally {
    await by.restore(request.migration);
  }
}

const request = (parts: readonly PartToLoad[], changes: Partial<LoadRequest> = {}) =>
  people(parts, { columns: ["id", "name"], ...changes });

const rows = () => database.query("SELECT id, name, twice, hidden FROM people ORDER BY id");
const created = async (table = "people") =>
  Object.values((await database.query(`SHOW CREATE TABLE ${table}`))[0] ?? {})[1];
const tables = async () => (await database.query("SHOW TABLES")).map((row) => Object.values(row)[0]);
const ledger = () =>
  database.query(
    "SELECT generation, way, state, rows_before, inserted FROM waybill_generations WHERE state <> 'open' ORDER BY number",
  );

describe.each(["swap", "in place"] as const)("replacing by %s", (way) => {
  const inPlace = way === "in place";
  // In MySQL a CHECK's name is the whole database's: a table with one cannot be exchanged.
  const hasCheck = inPlace || server.product === "mariadb";
  beforeEach(async () => {
    if (hasCheck) await database.query("ALTER TABLE people ADD CONSTRAINT named CHECK (name <> '')");
  });

  it("the table ends with exactly these rows, whole, and is what it was", async () => {
    await database.query(`INSERT INTO parents VALUES (1); INSERT INTO people (id, name, parent) VALUES (7, 'Ada', 1);
      ALTER TABLE people ADD FULLTEXT KEY words (name);
      CREATE TRIGGER shout BEFORE INSERT ON people FOR EACH ROW SET NEW.name = upper(NEW.name);
      CREATE TRIGGER shout_louder BEFORE INSERT ON people FOR EACH ROW FOLLOWS shout SET NEW.name = concat(NEW.name, '!')`);
    const before = await target.aspects?.("people");

    const outcome = await load(
      request([part(["1,Li", "0,Noor"]), part(["2,Zoe"], { name: "part-00001.csv.gz" })], { inPlace, confirmed: true }),
    );

    expect(outcome).toMatchObject({ way, counts: { before: 1, inserted: 3, after: 3 }, warnings: [] });
    expect(await rows()).toEqual([
      { id: "0", name: "Noor", twice: "8", hidden: "7" },
      { id: "1", name: "Li", twice: "4", hidden: "7" },
      { id: "2", name: "Zoe", twice: "6", hidden: "7" },
    ]);
    expect(await target.aspects?.("people")).toEqual(before);
    expect(before?.map(({ kind }) => kind)).toContain("trigger");
    expect(await ledger()).toEqual([{ generation: "g1", way, state: "live", rows_before: "1", inserted: "3" }]);
    expect(await database.query("SELECT part, row_count FROM waybill_loads ORDER BY part")).toEqual([
      { part: "part-00000.csv.gz", row_count: "2" },
      { part: "part-00001.csv.gz", row_count: "1" },
    ]);
  });

  it("what was there before is kept for one step back, and no longer", async () => {
    await load(request([part(["1,Li"])], { inPlace }));
    await load(request([part(["2,Zoe"])], { inPlace, generation: "g2" }));
    await load(request([part(["3,Ada"])], { inPlace, generation: "g3" }));

    const kept = (await tables()).filter((name) => name?.startsWith("waybill_previous"));
    expect(kept).toHaveLength(1);
    const [last] = await database.query("SELECT undo_by AS undoes FROM waybill_generations WHERE generation = 'g3'");
    const undo = JSON.parse(last?.undoes ?? "{}");
    expect(undo).toMatchObject({ kind: "previous table", rows: 1 });
    expect(await database.query(`SELECT id, name FROM ${undo.table}`)).toEqual([{ id: "2", name: "Zoe" }]);
    expect(await ledger()).toMatchObject([
      { generation: "g2", state: "replaced" },
      { generation: "g3", state: "live" },
    ]);
  });

  it("rows that a key, a NOT NULL or a CHECK refuses, and a part that is short of rows, change nothing", async () => {
    await load(request([part(["9,Ada"])], { inPlace }));
    const before = await created();

    for (const lines of [["1,Li", "2,Li"], ["1,\\N"], ["1,Li"], ...(hasCheck ? [["1,"]] : [])]) {
      const failed = await rejection(load(request([part(lines, { rowCount: 2 })], { inPlace, generation: "g2" })));

      expect([lines, failed]).toMatchObject([lines, { kind: "integrity" }]);
      expect(await rows()).toMatchObject([{ id: "9", name: "Ada" }]);
      expect(await created()).toBe(before);
      expect(await ledger()).toMatchObject([{ generation: "g1", state: "live" }]);
    }
  });

  it("rows that this migration did not load are not removed unless that is confirmed", async () => {
    await load(request([part(["1,Li"])], { inPlace }));
    await database.query("INSERT INTO people (id, name) VALUES (2, 'Somebody')");

    const failed = await rejection(load(request([part(["1,Li"])], { inPlace, generation: "g2" })));

    expect(failed).toMatchObject({ kind: "integrity", hint: expect.stringContaining("--confirm M-1") });
    expect(await database.count("people")).toBe(2);
  });
});

it.runIf(server.product === "mysql")("MySQL: a table with a CHECK is filled in place, saying so", async () => {
  await database.query("ALTER TABLE people ADD CONSTRAINT named CHECK (name <> '')");

  const chosen = await target.chooseWay(request([]));

  expect(chosen).toMatchObject({ way: "in place", because: "CHECK named" });
});

it("a table that others refer to is filled in place, and what they refer to must be there still", async () => {
  const parents = (lines: readonly string[], generation: string) =>
    people([part(lines)], { table: "parents", columns: ["id"], generation });
  await load(parents(["1", "2"], "g1"));
  await database.query("INSERT INTO people (id, name, parent) VALUES (1, 'Li', 2)");

  const chosen = await target.chooseWay(parents([], "g2"));
  const failed = await rejection(load(parents(["1"], "g2")));
  const outcome = await load(parents(["2", "3"], "g3"));

  expect(chosen).toMatchObject({
    way: "in place",
    because: expect.stringMatching(/^foreign key of_parent of .*people$/),
  });
  expect(failed).toMatchObject({ kind: "integrity", message: expect.stringContaining("1 rows of") });
  expect(outcome.counts).toMatchObject({ before: 2, after: 2 });
  expect(await database.query("SELECT id FROM parents")).toEqual([{ id: "2" }, { id: "3" }]);
});

it("an index that the server made for a foreign key keeps its name when the key comes back", async () => {
  await database.query(`CREATE TABLE houses (id int PRIMARY KEY, owner int NOT NULL, note text, FOREIGN KEY (owner) REFERENCES parents (id));
    CREATE TABLE rooms (house int, FOREIGN KEY (house) REFERENCES houses (id)); INSERT INTO parents VALUES (1)`);
  const before = await created("houses");

  await load(people([part(["5,1"])], { table: "houses", columns: ["id", "owner"] }));

  expect(before).toContain("KEY `owner` (`owner`)");
  expect(await created("houses")).toBe(before);
});

it.runIf(server.product === "mysql")("MySQL: a foreign key comes back that refers to no unique one", async () => {
  await database.query(`SET restrict_fk_on_non_standard_key = OFF; ALTER TABLE parents ADD code varchar(9), ADD KEY (code);
    CREATE TABLE houses (id int PRIMARY KEY, code varchar(9), CONSTRAINT loose FOREIGN KEY (code) REFERENCES parents (code));
    INSERT INTO parents VALUES (1, 'a'), (2, 'a')`);
  const before = await created("houses");

  await load(people([part(["5,a"])], { table: "houses", columns: ["id", "code"] }));

  expect(before).toContain("CONSTRAINT `loose`");
  expect(await created("houses")).toBe(before);
});

it("rows that contradict a foreign key change nothing; where their parents come later it stays aside until they are there", async () => {
  const before = await created();
  const withParent = request([part(["1,Li,5"])], { columns: ["id", "name", "parent"] });
  const refused = await rejection(load(withParent));
  expect(refused).toMatchObject({ kind: "integrity", message: expect.stringContaining("nothing was changed") });
  expect([await database.count("people"), await created()]).toEqual([0, before]);

  const failed = await rejection(load({ ...withParent, rejects: { ...noQuarantine, later: ["parents"] } }));
  const during = await database.query("SELECT kind, name FROM waybill_definitions");
  await database.query("INSERT INTO parents VALUES (5)");
  const restored = await target.restore("M-1");

  expect(failed).toMatchObject({ kind: "integrity", message: expect.stringContaining("1 rows refer to no row of") });
  expect(during).toEqual([{ kind: "foreign key", name: "of_parent" }]);
  expect(restored).toMatchObject([{ name: "of_parent" }]);
  expect(await created()).toBe(before);
});

it("names of all kinds, partitions, and a key without AUTO_INCREMENT in front are carried", async () => {
  await database.query(`CREATE TABLE \`odd \`\`table\` (\`select\` int, \`a\`\`b'\` varchar(9) CHARACTER SET latin1, n int AUTO_INCREMENT,
      PRIMARY KEY (\`select\`), KEY \`by \`\`n\` (n, \`select\`), KEY \`order\` (\`a\`\`b'\`))
    PARTITION BY RANGE (\`select\`) (PARTITION low VALUES LESS THAN (10), PARTITION high VALUES LESS THAN MAXVALUE)`);
  const odd = people([part(["1,é,5", "70,\\N,9"])], { table: "`odd ``table`", columns: ["select", "a`b'", "n"] });
  const before = await target.aspects?.(odd.table);

  const outcome = await load(odd);

  expect(outcome).toMatchObject({ way: "swap", counts: { after: 2 } });
  expect(await database.query("SELECT * FROM `odd ``table` PARTITION (high)")).toEqual([
    { select: "70", "a`b'": null, n: "9" },
  ]);
  expect(await database.query("SELECT `a``b'` AS text FROM `odd ``table` WHERE n = 5")).toEqual([{ text: "é" }]);
  expect(await target.aspects?.(odd.table)).toEqual(before);
  await database.query("INSERT INTO `odd ``table` (`select`) VALUES (3)");
  expect(await database.query("SELECT n FROM `odd ``table` WHERE `select` = 3")).toEqual([{ n: "10" }]);
});

it.runIf(server.product === "mysql")("MySQL: indexes, columns and defaults that only it has are carried", async () => {
  await database.query(`CREATE TABLE shapes (id int PRIMARY KEY, j json, v varchar(200), g point NOT NULL SRID 4326,
    tag varchar(40) DEFAULT (upper('x')), vague vector(2), KEY several ((cast(j->'$.a' AS unsigned array))), KEY down (v(10) DESC),
    KEY computed ((lower(v))), KEY unseen (v) INVISIBLE, SPATIAL KEY around (g)) COMPRESSION = 'zlib'`);
  const before = await created("shapes");
  const shapes = people([part(['1,"{""a"": [1, 2]}",x,0101000020e6100000000000000000f03f0000000000000040'])], {
    table: "shapes",
    columns: ["id", "j", "v", "g"],
  });

  const outcome = await load(shapes);

  expect(outcome).toMatchObject({ way: "swap", counts: { after: 1 } });
  expect(await created("shapes")).toBe(before);
  expect(await database.query("SELECT id, tag FROM shapes WHERE 2 MEMBER OF (j->'$.a')")).toEqual([
    { id: "1", tag: "X" },
  ]);
});

it("a part that has arrived is not read again, and one of other content is refused", async () => {
  const [first, second] = [part(["1,Li"]), part(["2,Zoe"], { name: "part-00001.csv.gz", hash: "sha256:2" })];
  const broken = { ...second, open: () => Promise.reject(new Error("the disk is gone")) };
  await rejection(load(request([first, broken], { jobs: 1 })));

  const unread = { ...first, open: () => Promise.reject(new Error("it was read again")) };
  const other = await rejection(load(request([{ ...first, hash: "sha256:9" }, second])));
  const outcome = await load(request([unread, second]));

  expect(other).toMatchObject({ kind: "integrity", message: expect.stringContaining("other content") });
  expect(outcome.counts).toMatchObject({ inserted: 2 });
  expect((await rows()).map(({ name }) => name)).toEqual(["Li", "Zoe"]);
});

it.each([
  ["before the tables were exchanged", false],
  ["after the tables were exchanged", true],
])("a run that dies %s is settled by the next one", async (_, exchanged) => {
  await load(request([part(["1,Li"])]));
  const stopped = new Error("stopped");
  await rejection(load(request([part(["2,Zoe"])], { generation: "g2", beforeCommit: () => Promise.reject(stopped) })));
  const live = tableAt(database.name, "people");
  if (exchanged)
    await database.query(`RENAME TABLE people TO ${previousTable(live, 2).name}, ${nextTable(live).name} TO people`);
  await target.close();

  target = await openTarget(database.url, { application: "waybill/test" });
  await target.lock("M-1", ["people"]);
  const standing = await target.standing("M-1", "people", "g2");
  if (!exchanged) await load(request([part(["2,Zoe"])], { generation: "g2" }));

  expect(standing.generation?.state).toBe(exchanged ? "live" : "open");
  expect(await rows()).toMatchObject([{ id: "2", name: "Zoe" }]);
  expect(await ledger()).toMatchObject([
    { generation: "g1", state: "replaced" },
    { generation: "g2", state: "live", rows_before: "1", inserted: "1" },
  ]);
});

it("rows that somebody writes at the last moment come back", async () => {
  await load(request([part(["1,Li"])]));
  const beforeCommit = async () => void (await database.query("INSERT INTO people (id, name) VALUES (8, 'Late')"));

  const failed = await rejection(load(request([part(["2,Zoe"])], { generation: "g2", beforeCommit })));

  expect(failed).toMatchObject({ kind: "temporary" });
  expect((await rows()).map(({ name }) => name)).toEqual(["Li", "Late"]);
});

/** A part of one row, during whose arrival the sessions of this condition are ended, the first time it is opened. */
function killing(condition: string): PartToLoad {
  let times = 0;
  const open = () =>
    Readable.from(
      (async function* () {
        times += 1;
        if (times === 1) {
          const ids = await database.query(`SELECT id FROM information_schema.PROCESSLIST WHERE db = '${database.name}'
            AND id <> connection_id() AND ${condition}`);
          // One may have come to its end meanwhile.
          for (const { id } of ids) await database.query(`KILL ${id}`).catch(() => undefined);
        }
        yield Buffer.from("1,Li\n");
      })(),
      { objectMode: false },
    );
  return part(["1,Li"], { open });
}

it("a session that is lost while a part arrives is replaced, and the part counts once", async () => {
  const outcome = await load(
    request([killing("info LIKE 'LOAD DATA%'"), part(["2,Zoe"], { name: "part-00001.csv.gz" })]),
  );

  expect(outcome.counts).toMatchObject({ inserted: 2, after: 2 });
  expect((await rows()).map(({ name }) => name)).toEqual(["Li", "Zoe"]);
});

it.each([
  ["swap", false],
  ["in place", true],
] as const)(
  "with the session that holds the locks a load by %s ends in 75, and the next run goes on",
  async (_, inPlace) => {
    await load(request([part(["9,Ada"])], { inPlace }));
    const whole = await target.aspects?.("people");

    const failed = await rejection(load(request([killing("true")], { inPlace, generation: "g2" })));
    const between = await rows();
    await target.close();
    target = await openTarget(database.url, { application: "waybill/test" });
    await load(request([part(["1,Li"])], { inPlace, generation: "g2" }));

    expect(failed).toMatchObject({ kind: "temporary", hint: expect.stringContaining("run the same command again") });
    expect(between).toMatchObject([{ name: "Ada" }]);
    expect((await rows()).map(({ name }) => name)).toEqual(["Li"]);
    expect(await target.aspects?.("people")).toEqual(whole);
  },
);

it("one run at a time loads a table, and one run of a migration a database", async () => {
  const others = await Promise.all(
    [1, 2].map(() => openTarget(database.url, { application: "waybill/other", retryMs: 0 })),
  );
  await target.lock("M-1", ["people"]);

  const refused = await Promise.all([
    rejection(others[0]?.lock("M-2", ["people"]) ?? Promise.resolve()),
    rejection(others[1]?.lock("M-1", []) ?? Promise.resolve()),
  ]);

  expect(refused).toMatchObject([
    { kind: "temporary", message: expect.stringMatching(/another run is loading .*people: connection \d+, root/) },
    { kind: "temporary", message: expect.stringMatching(/another run of M-1 holds this target: connection \d+, root/) },
  ]);
  await Promise.all(others.map((other) => other.close()));
});

it("whoever writes to a table and has not committed is named before the first byte, and readers are in nobody's way", async () => {
  const impatient = await openTarget(database.url, { application: "w", retryMs: 0, lockTimeoutMs: 1000 });
  const { hostname: host, port, username: user } = new URL(database.url);
  const other = await createConnection({
    host,
    port: Number(port),
    user,
    database: database.name,
    multipleStatements: true,
  });
  const ready = async () =>
    await impatient.assertReady([{ check: request([]), chosen: await impatient.chooseWay(request([])) }]);

  await other.query("BEGIN; SELECT * FROM people");
  await ready();
  await other.query("INSERT INTO people (id, name) VALUES (1, 'Li')");
  const refused = await rejection(ready());
  await other.query("COMMIT");
  await ready();

  expect(refused).toMatchObject({
    kind: "temporary",
    message: expect.stringMatching(/people is written by connection \d+, root from .*, in a transaction since/),
  });
  await other.end();
  await impatient.close();
});

it("of a table that numbers its rows no more parts wait for one another than one, where the server takes them in turn", async () => {
  await target.ensureLedger();
  await database.query("ALTER TABLE people DROP FOREIGN KEY of_parent, MODIFY id int AUTO_INCREMENT");
  let underWay = 0;
  let mostAtOnce = 0;
  async function* rows(id: number) {
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    yield Buffer.from(`${id},name ${id}\n`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    underWay -= 1;
  }
  const parts = [0, 1, 2, 3].map((id) =>
    part([`${id},name ${id}`], { name: `part-${id}`, open: () => Readable.from(rows(id)) }),
  );

  const { counts } = await target.load({ ...request([]), way: "swap", jobs: 4, parts, rowCount: 4 });

  expect(counts).toMatchObject({ after: 4 });
  expect(mostAtOnce).toBe(spelled({ mariadb: 2, mysql: 4 }));
});

it("a user is told at once of all privileges that are missing, and of a key that nobody shows", async () => {
  const user = `w${database.name.slice(5)}`;
  await database.query(`CREATE USER ${user}@'%'; GRANT SELECT, INSERT ON ${database.name}.* TO ${user}@'%'`);
  const poor = await openTarget(Object.assign(new URL(database.url), { username: user }).href, { application: "w" });

  const check = request([]);
  const failed = await rejection(poor.assertReady([{ check, chosen: await poor.chooseWay(check) }]));
  const merging = { ...check, mode: "upsert" } as const;
  const unmerged = await rejection(poor.assertReady([{ check: merging, chosen: await poor.chooseWay(merging) }]));
  const quarantining = { ...check, onReject: "quarantine" } as const;
  const unsorted = await rejection(
    poor.assertReady([{ check: quarantining, chosen: await poor.chooseWay(quarantining) }]),
  );
  expect(failed).not.toMatchObject({ message: expect.stringContaining("TEMPORARY") });
  expect(unsorted).toMatchObject({ message: expect.stringContaining("TRIGGER, CREATE TEMPORARY TABLES") });
  expect(unmerged).toMatchObject({ message: expect.stringContaining("TRIGGER, CREATE TEMPORARY TABLES") });

  expect(failed).toMatchObject({
    kind: "forbidden",
    message: expect.stringContaining("UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, TRIGGER"),
    hint: expect.stringContaining(`ON \`${database.name}\`.* TO '${user}'@'%'`),
  });
  await database.query(`GRANT ALL ON ${database.name}.* TO ${user}@'%'; GRANT PROCESS ON *.* TO ${user}@'%'; CREATE DATABASE ${user};
    CREATE TABLE ${user}.hidden (id int PRIMARY KEY, CONSTRAINT of_people FOREIGN KEY (id) REFERENCES ${database.name}.people (id));
    CREATE TABLE \`Vögel 1\` (id int PRIMARY KEY, name text); CREATE TABLE \`of them\` (id int, FOREIGN KEY (id) REFERENCES \`Vögel 1\` (id));
    CREATE TABLE ${user}.feathers (id int PRIMARY KEY, CONSTRAINT of_birds FOREIGN KEY (id) REFERENCES ${database.name}.\`Vögel 1\` (id))`);
  await poor.close();
  const blind = await openTarget(Object.assign(new URL(database.url), { username: user }).href, { application: "w" });
  const unseen = await rejection(blind.assertReady([{ check, chosen: await blind.chooseWay(check) }]));
  expect(unseen).toMatchObject({ kind: "forbidden", message: expect.stringContaining(`${user}/hidden refers to it`) });
  const birds = { ...check, table: "`Vögel 1`" };
  const other = await rejection(blind.assertReady([{ check: birds, chosen: await blind.chooseWay(birds) }]));
  expect(other).toMatchObject({ message: expect.stringContaining(`refers to it (foreign key ${user}/of_birds)`) });
  await blind.close();
  await database.query(`DROP DATABASE ${user}; DROP USER ${user}@'%'`);
});
