import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRollback } from "../../../../../lib/databases/open-rollback.js";
import type { Connection } from "../../../../../lib/databases/postgres/connection.js";
import { replaceInPlace } from "../../../../../lib/databases/postgres/load/replace-in-place.js";
import type { RollbackTarget } from "../../../../../lib/databases/rollback-port.js";
import type { LoadRequest } from "../../../../../lib/databases/target-port.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { takeBackRequest } from "../../take-back-request.js";
import { part, people, rejection, session } from "../load/loading.js";

const schema = `
  CREATE SCHEMA relief;
  CREATE TYPE relief.mood AS ENUM ('low', 'high');
  CREATE DOMAIN relief.positive AS integer CHECK (VALUE > 0);
  CREATE FUNCTION relief.shout(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT pg_catalog.upper($1)';
  CREATE FUNCTION relief.stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''it ran''; END';
  CREATE TABLE relief."Odd People" (
    "Id" integer GENERATED ALWAYS AS IDENTITY, name text COLLATE "C" DEFAULT 'x', mood relief.mood, size relief.positive,
    tags text[], point point, data jsonb, loud text GENERATED ALWAYS AS (relief.shout(name)) STORED,
    head integer, day date NOT NULL DEFAULT '2024-01-01', PRIMARY KEY ("Id", day)) PARTITION BY RANGE (day);
  CREATE TABLE relief.old PARTITION OF relief."Odd People" FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
  CREATE TABLE relief.new PARTITION OF relief."Odd People" FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
  CREATE INDEX ON relief."Odd People" (relief.shout(name)) WHERE size > 1;
  CREATE TRIGGER stop BEFORE DELETE ON relief."Odd People" FOR EACH ROW EXECUTE FUNCTION relief.stop();
  INSERT INTO relief."Odd People" (name, mood, size, tags, point, data, day) VALUES
    (E'a"\\n|,', 'high', 7, '{x,NULL,"y,z"}', '(1.5,2)', '{"a": 1.50}', '2020-02-29'),
    (NULL, NULL, NULL, NULL, NULL, NULL, '2024-06-01'), ('', 'low', 1, '{}', '(0,0)', 'null', '2025-01-01');
  CREATE TABLE people (id integer PRIMARY KEY, name text UNIQUE DEFERRABLE INITIALLY DEFERRED, head integer REFERENCES people DEFERRABLE INITIALLY DEFERRED);
  INSERT INTO people VALUES (1, 'Amina', 2), (2, 'Li', 1)`;

const odd: Partial<LoadRequest> = { table: 'relief."Odd People"', columns: ["Id", "name", "day"], key: ["Id", "day"] };

let database: TestDatabase;
let connection: Connection;
let target: RollbackTarget;
beforeEach(async () => {
  database = await createDatabase(schema);
  connection = await session(database);
  target = await openRollback(database.url, { application: "waybill/test" });
});
afterEach(async () => {
  await connection.close();
  await target.close();
  await database.drop();
});

const load = (changes: Partial<LoadRequest> = {}) =>
  replaceInPlace(connection, people([part(["9,Li"])], { confirmed: true, ...changes }));

const request = takeBackRequest;

const catalog = () =>
  database.query(`SELECT conname AS name, pg_get_constraintdef(oid) || convalidated AS text FROM pg_constraint
      WHERE conrelid > 16384 AND connamespace::regnamespace::text <> 'waybill'
    UNION ALL SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
      WHERE indrelid > 16384 AND indrelid::regclass::text !~ '^(waybill|pg_toast)'
    UNION ALL SELECT tgrelid::regclass || tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2`);

describe("taking a load back", () => {
  it("restores rows of every type, partition, identity and generated column, unseen by triggers", async () => {
    const rows = () =>
      database.query('SELECT *, tableoid::regclass AS partition FROM relief."Odd People" ORDER BY "Id"');
    const [before, definitions] = [await rows(), await catalog()];
    await database.query('ALTER TABLE relief."Odd People" DISABLE TRIGGER stop');
    await load({ ...odd, parts: [part(["100,Ada,2019-01-01"])] });
    await database.query('ALTER TABLE relief."Odd People" ENABLE TRIGGER stop');

    const [outcome] = await target.takeBack([request({ table: 'relief."Odd People"', key: ["Id", "day"] })]);

    expect(outcome).toMatchObject({ before: 1, removed: 1, restored: 3, after: 3, checksum: { count: 3 } });
    expect(await rows()).toEqual(before);
    expect(await catalog()).toEqual(definitions);
    expect(await target.lastLoad({ migration: "M-1", table: 'relief."Odd People"', unit: undefined })).toMatchObject({
      kind: "taken back",
      outcome: { restored: 3, changes: { written: 0, gone: 0 } },
    });
  });

  it("restores rows that refer to one another, and deferred constraints", async () => {
    const rows = () => database.query("SELECT * FROM people ORDER BY id");
    const [before, definitions] = [await rows(), await catalog()];
    await load();

    await target.takeBack([request()]);

    expect(await rows()).toEqual(before);
    expect(await catalog()).toEqual(definitions);
  });

  it("of two tables is one transaction: when one cannot go, neither does", async () => {
    await load();
    await database.query('ALTER TABLE relief."Odd People" DISABLE TRIGGER stop');
    await load({ ...odd, parts: [part(["100,Ada,2019-01-01"])] });
    await database.query(`UPDATE relief."Odd People" SET name = 'Eve'`);
    const onChanges = async () => {
      throw new Error("refused");
    };

    const refused = await rejection(target.takeBack([request(), request({ table: 'relief."Odd People"', onChanges })]));

    expect(refused).toMatchObject({ message: "refused" });
    expect(await database.query("SELECT id FROM people")).toEqual([{ id: "9" }]);
    expect(await target.lastLoad({ migration: "M-1", table: "people", unit: undefined })).toMatchObject({
      kind: "there",
    });
  });

  it("lets no deletion pass on to rows of others: those that would lose their parent keep it from going", async () => {
    await load();
    await database.query(
      "CREATE TABLE aid (person integer REFERENCES people ON DELETE CASCADE); INSERT INTO aid VALUES (9)",
    );

    const refused = await rejection(target.takeBack([request()]));

    expect(refused).toMatchObject({
      kind: "difference",
      message: expect.stringContaining(
        "public.aid: 1 row refers to rows that public.people would not hold any more (foreign key aid_person_fkey)",
      ),
    });
    expect(await database.count("aid")).toBe(1);
    expect(await database.query("SELECT id FROM people")).toEqual([{ id: "9" }]);
  });

  it("keeps rows of others that find their parent again", async () => {
    await database.query("CREATE TABLE aid (person integer); INSERT INTO aid VALUES (1)");
    await load();
    await database.query(
      "DELETE FROM aid; ALTER TABLE aid ADD FOREIGN KEY (person) REFERENCES people ON DELETE CASCADE",
    );

    await target.takeBack([request()]);

    expect(await database.query("SELECT id FROM people ORDER BY id")).toHaveLength(2);
  });

  it.each([
    ["is gone", "DROP TABLE waybill.%", "missing", /held its 2 former rows, is not there any more/],
    [
      "has lost a row",
      "DELETE FROM waybill.% WHERE id = 1",
      "integrity",
      /2 former rows were kept in waybill.previous_\w+, it holds 1/,
    ],
    [
      "has had a row changed",
      "UPDATE waybill.% SET name = 'x' WHERE id = 1",
      "integrity",
      /of its 2 former rows in waybill.previous_\w+ 1 were written after they were kept/,
    ],
  ])("refuses where the table that kept the rows %s", async (_, sql, kind, message) => {
    await load();
    const [kept] = await database.query(
      "SELECT relname FROM pg_class WHERE relname LIKE 'previous%' AND relkind = 'r'",
    );
    await database.query(sql.replace("%", kept?.relname ?? ""));

    const refused = await rejection(target.takeBack([request()]));

    expect(refused).toMatchObject({ kind, message: expect.stringMatching(message) });
    expect(await database.query("SELECT id FROM people")).toEqual([{ id: "9" }]);
  });

  it("refuses where the table has other columns by now", async () => {
    await load();
    await database.query("ALTER TABLE people ADD born date");

    expect(await rejection(target.takeBack([request()]))).toMatchObject({
      kind: "integrity",
      message: "public.people: its columns are not those of its former rows any more: born date",
    });
  });

  it("shows a transaction that began before whole tables: the load's rows", async () => {
    await load();
    const reader = await session(database, "reader");
    const rows = await reader.transaction(async () => {
      await reader.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ" as never);
      await reader.query("SELECT 1" as never);
      await target.takeBack([request()]);
      return await reader.query("SELECT id FROM people" as never);
    });
    await reader.close();

    expect(rows).toEqual([{ id: "9" }]);
    expect(await database.count("people")).toBe(2);
  });

  it("makes the rows ours again that an earlier load had brought: the next load may replace them", async () => {
    await load({ parts: [part(["5,Ada", "6,Bo"])] });
    await load({ generation: "g2" });
    await target.takeBack([request({ generation: "g2" })]);
    await database.query("DELETE FROM people WHERE id = 5");

    expect(await database.query("SELECT generation, state FROM waybill.generations ORDER BY number")).toEqual([
      { generation: "g1", state: "live" },
      { generation: "g2", state: "taken back" },
    ]);
    await load({ generation: "g3", confirmed: false });
    expect(await database.query("SELECT id FROM people")).toEqual([{ id: "9" }]);
  });

  it("is not offered where another migration has loaded the table since", async () => {
    await load();
    await load({ migration: "M-2", generation: "theirs" });

    const last = await target.lastLoad({ migration: "M-1", table: "people", unit: undefined });

    expect(last).toMatchObject({ kind: "there", later: [{ migration: "M-2", generation: "theirs" }] });
    expect(await rejection(target.takeBack([request()]))).toMatchObject({ kind: "temporary" });
    expect(await database.query("SELECT id FROM people")).toEqual([{ id: "9" }]);
  });

  it("counts rows that a trigger added during the load as the load's", async () => {
    await database.query(`CREATE FUNCTION twice() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN IF NEW.id < 1000 THEN INSERT INTO people VALUES (NEW.id + 1000); END IF; RETURN NULL; END';
      CREATE TRIGGER twice AFTER INSERT ON people FOR EACH ROW EXECUTE FUNCTION twice()`);
    await load({ triggers: "keep" });

    await target.takeBack([request()]);

    expect(await database.query("SELECT id FROM people ORDER BY id")).toEqual([{ id: "1" }, { id: "2" }]);
  });

  it("is no load's any more that was loaded again meanwhile", async () => {
    await load();
    await load({ generation: "g2" });

    expect(await rejection(target.takeBack([request()]))).toMatchObject({ kind: "temporary" });
  });

  it("of the same generation loaded twice brings the rows of the first time back", async () => {
    await load({ parts: [part(["5,Ada"])] });
    await database.query("DELETE FROM people");
    await load({ parts: [part(["5,Ada"])] });

    await target.takeBack([request()]);

    expect(await database.query("SELECT generation, state FROM waybill.generations ORDER BY number")).toEqual([
      { generation: "g1~1", state: "live" },
      { generation: "g1", state: "taken back" },
    ]);
    expect(await database.count("people")).toBe(0);
  });
});
