import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { KeepRows } from "../../../../../lib/databases/kept-port.js";
import { connectTarget, type TargetConnection } from "../../../../../lib/databases/mysql/load/target-connection.js";
import { takeBack } from "../../../../../lib/databases/mysql/rollback/take-back.js";
import { openRollback } from "../../../../../lib/databases/open-rollback.js";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import type { RollbackTarget, TakeBackRequest } from "../../../../../lib/databases/rollback-port.js";
import type { LoadRequest, Target } from "../../../../../lib/databases/target-port.js";
import { createMysqlDatabase, spelled } from "../../../../support/mariadb.js";
import type { TestDatabase } from "../../../../support/postgres.js";
import { part, people } from "../../postgres/load/loading.js";

const table = '`Odd "Tab``le`';
let database: TestDatabase;
let target: Target;
let rollback: RollbackTarget;
let kept: { columns: readonly string[]; text: string; rowCount: number };

beforeAll(async () => {
  database =
    await createMysqlDatabase(`CREATE TABLE ${table} (\`i d\` varchar(9) COLLATE utf8mb4_general_ci, n int NOT NULL AUTO_INCREMENT,
      word varchar(20), cp text CHARACTER SET latin1, price decimal(10,3) unsigned zerofill, big bigint unsigned, real_ double, small float,
      day date NOT NULL, at timestamp(3) NULL DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3), clock time(2), y year,
      bits bit(9), raw blob, fixed binary(2), e enum('a','A b'), s set('x','y'), j json, g geometry, u ${spelled({ mariadb: "uuid", mysql: "char(36)" })},
      twice int AS (y * 2) STORED, hidden int INVISIBLE DEFAULT 7, PRIMARY KEY (\`i d\`), KEY (n))`);
  target = await openTarget(database.url, { application: "waybill/test" });
  rollback = await openRollback(database.url, { application: "waybill/test" });
  await target.ensureLedger();
});
afterAll(async () => {
  await rollback.close();
  await target.close();
  await database.drop();
});
beforeEach(() =>
  database.query(`SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; SET time_zone = '+00:00'; DELETE FROM ${table};
    INSERT INTO ${table} (\`i d\`, n, word, cp, price, big, real_, small, day, at, clock, y, bits, raw, fixed, e, s, j, g, u, hidden) VALUES
      ('a', 0, 'tab\\t "x",\\n\\\\N', 'é€', 1.5, 18446744073709551615, 0.1, 16777216, '0000-00-00', '2024-02-29 12:00:00.5', '-838:59:58.1', 0,
        b'101', x'00ff5c', x'0a00', 'a', 'x,y', '{"a": 1}', ST_GeomFromText('POINT(1 2)', 4326), uuid(), 1),
      ('B ', 5, '', '', 0, 0, -1e300, 1e-9, '2024-00-10', '1970-01-01 00:00:01', '00:00', 2155, 0, '', 'xx', 'A b', '', 'null', NULL, NULL, NULL),
      ('c', 6, NULL, NULL, NULL, NULL, NULL, NULL, '2024-01-01', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3)`),
);

const keep: KeepRows = async (_, columns, rows) => {
  let text = "";
  for await (const chunk of rows) text += String(chunk);
  const rowCount = text.split(/\n(?=inserted|updated)/).filter((row) => row !== "").length;
  kept = { columns: columns.map(({ name }) => name), text, rowCount };
  return { file: "undo.csv.gz", hash: "sha256:1", rowCount };
};
const request = (changes: Partial<LoadRequest>): LoadRequest =>
  people([part(["A,ä,2020-01-01", "b ,ö,2020-01-01", "c,ü,2020-01-01", "new,x,2020-01-01"])], {
    table,
    columns: ["i d", "word", "day"],
    key: ["i d"],
    keep,
    confirmed: true,
    ...changes,
  });
const asked = (generation: string, images: TakeBackRequest["images"]): TakeBackRequest => {
  const onChanges = () => Promise.reject(new Error("nobody changed anything"));
  return { migration: "M-1", table, generation, unit: undefined, key: ["i d"], images, onChanges };
};
const rows = () =>
  database.query(
    `SELECT *, hidden, hex(word) AS word, hex(cp) AS cp, hex(raw) AS raw, hex(g) AS g, bin(bits) AS bits FROM ${table} ORDER BY n`,
  );
const created = async () => Object.values((await database.query(`SHOW CREATE TABLE ${table}`))[0] ?? {})[1];

it("rows of every type are what they were after an upsert was taken back: keys of another case, zero dates, hidden columns", async () => {
  const before = await rows();
  const { counts } = await target.load(request({ mode: "upsert", way: "merge", generation: "g1" }));
  const images = { ...kept, open: () => Readable.from([kept.text], { objectMode: false }) };

  const [outcome] = await rollback.takeBack([asked("g1", images)]);

  expect(counts).toMatchObject({ inserted: 1, updated: 3 });
  expect(outcome).toMatchObject({ restored: 3, removed: 1, checksum: { count: 3 } });
  expect(await rows()).toEqual(before);
});

it.each([false, true])(
  "and after a table was replaced, all of it, its next number too (in place: %s)",
  async (inPlace) => {
    await database.query(`ALTER TABLE ${table} AUTO_INCREMENT = 900`);
    const [before, text] = [await rows(), await created()];
    const of = request({
      columns: ["i d", "day"],
      parts: [part(["A,2024-01-01"])],
      inPlace,
      generation: `whole ${inPlace}`,
    });
    const { way } = await target.chooseWay(of);
    await target.load({ ...of, way });

    const [outcome] = await rollback.takeBack([asked(`whole ${inPlace}`, undefined)]);

    expect(way).toBe(inPlace ? "in place" : "swap");
    expect(outcome).toMatchObject({ restored: 3, removed: 1, checksum: { count: 3 } });
    expect(await rows()).toEqual(before);
    expect((await created())?.replace(/ AUTO_INCREMENT=\d+/, "")).toBe(text?.replace(/ AUTO_INCREMENT=\d+/, ""));
    expect(await database.query("SHOW TABLES LIKE 'waybill\\_previous%'")).toEqual([]);
  },
);

it("killed before any of its statements, the same rollback ends the same: rows, triggers, ledger", async () => {
  await database.query(`CREATE TABLE pets (id int PRIMARY KEY, name varchar(9));
    CREATE TRIGGER counted BEFORE DELETE ON pets FOR EACH ROW SET @gone = OLD.id`);
  const pets = (lines: readonly string[], changes: Partial<LoadRequest>) =>
    people([part(lines)], { table: "pets", keep, confirmed: true, ...changes });
  const asking = { table: "pets", key: ["id"], generation: "g", unit: undefined } as const;
  let [deadly, died] = [0, true];
  while (died) {
    [deadly, died] = [deadly + 1, false];
    await database.query("DELETE FROM pets; INSERT INTO pets VALUES (1, 'Rex'); DELETE FROM waybill_generations");
    await target.load(pets(["1,Max", "2,Tom"], { mode: "upsert", way: "merge", generation: "g" }));
    const images = { ...kept, open: () => Readable.from([kept.text], { objectMode: false }) };
    const request: TakeBackRequest = { ...asked("g", images), ...asking };
    const dying = await connectTarget(database.url, { application: "waybill/dying", access: "write" });
    let statements = 0;
    const execute: TargetConnection["execute"] = async (statement) => {
      statements += 1;
      if (statements === deadly) {
        died = true;
        await dying.close();
      }
      return await dying.execute(statement);
    };
    await takeBack({ ...dying, execute }, [request]).catch(() => undefined);
    await dying.close();

    const of = { migration: "M-1", table: "pets", unit: undefined };
    if ((await rollback.lastLoad(of)).kind === "there") await rollback.takeBack([request]);
    await rollback.restore("M-1");

    expect([deadly, await database.query("SELECT * FROM pets")]).toEqual([deadly, [{ id: "1", name: "Rex" }]]);
    expect(await database.query("SHOW TRIGGERS LIKE 'pets'")).toMatchObject([{ Trigger: "counted" }]);
    expect(await database.query("SELECT state FROM waybill_generations")).toEqual([{ state: "taken back" }]);
    expect(await database.count("waybill_definitions")).toBe(0);
  }
  expect(deadly).toBeGreaterThan(8);
}, 60_000);
