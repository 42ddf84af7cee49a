import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeepRows } from "../../../lib/databases/kept-port.js";
import { openRollback } from "../../../lib/databases/open-rollback.js";
import { openTarget } from "../../../lib/databases/open-target.js";
import type { Changes, RollbackTarget, TakeBackRequest } from "../../../lib/databases/rollback-port.js";
import type { LoadOutcome, LoadRequest, Target } from "../../../lib/databases/target-port.js";
import { createMysqlDatabase } from "../../support/mariadb.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { part, people, rejection } from "./postgres/load/loading.js";
import { takeBackRequest } from "./take-back-request.js";

const filled = `INSERT INTO people (id, name, cost) VALUES (1, 'Amina', 1.50), (2, 'Li, "the\n2nd"', NULL), (3, '|N', 0), (100, 'not ours', 1)`;

/** A table with rows, and what is said to each server in its own words. */
const databases = {
  PostgreSQL: {
    create: () =>
      createDatabase(`CREATE TABLE people (id integer PRIMARY KEY, name text UNIQUE, cost numeric(10, 2),
        loud text GENERATED ALWAYS AS (upper(name)) STORED); ${filled}`),
    ledger: "waybill.generations",
    unique: {
      drop: "ALTER TABLE people DROP CONSTRAINT people_name_key",
      add: "ALTER TABLE people ADD CONSTRAINT people_name_key UNIQUE (name)",
    },
    aid: (action: string) => `CREATE TABLE aid (person integer REFERENCES people ${action})`,
    stop: `CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''it ran''; END';
      CREATE TRIGGER stop BEFORE DELETE OR UPDATE OR INSERT ON people FOR EACH ROW EXECUTE FUNCTION stop()`,
  },
  MariaDB: {
    create: () =>
      createMysqlDatabase(`CREATE TABLE people (id integer PRIMARY KEY, name varchar(40) COLLATE utf8mb4_general_ci UNIQUE, cost decimal(10, 2),
        loud varchar(40) AS (upper(name)) STORED); ${filled}`),
    ledger: "waybill_generations",
    unique: { drop: "ALTER TABLE people DROP INDEX name", add: "ALTER TABLE people ADD UNIQUE (name)" },
    aid: (action: string) =>
      `CREATE TABLE aid (person integer, CONSTRAINT aid_person_fkey FOREIGN KEY (person) REFERENCES people (id) ${action})`,
    stop: `CREATE TRIGGER stop1 BEFORE DELETE ON people FOR EACH ROW SIGNAL SQLSTATE '45000';
      CREATE TRIGGER stop2 BEFORE INSERT ON people FOR EACH ROW SIGNAL SQLSTATE '45000'`,
  },
} as const;

describe.each(Object.entries(databases))("taking loads back from %s", (_, { create, ledger, unique, aid, stop }) => {
  let database: TestDatabase;
  let target: Target;
  let rollback: RollbackTarget;
  let kept: { columns: readonly string[]; text: string; rowCount: number };
  beforeEach(async () => {
    database = await create();
    target = await openTarget(database.url, { application: "waybill/test" });
    rollback = await openRollback(database.url, { application: "waybill/test" });
    await target.ensureLedger();
  });
  afterEach(async () => {
    await rollback.close();
    await target.close();
    await database.drop();
  });

  const keep: KeepRows = async (__, columns, rows) => {
    let text = "";
    for await (const chunk of rows) text += String(chunk);
    const rowCount = text.split(/\n(?=inserted|updated)/).filter((row) => row !== "").length;
    kept = { columns: columns.map(({ name }) => name), text, rowCount };
    return { file: "undo.csv.gz", hash: "sha256:1", rowCount };
  };
  const upsert = (lines: readonly string[], changes: Partial<LoadRequest> = {}): Promise<LoadOutcome> =>
    target.load(people([part(lines)], { mode: "upsert", way: "merge", keep, ...changes }));
  /** Replaces the table as the stage does: what must stand aside does, and comes back. */
  const replace = async (lines: readonly string[], changes: Partial<LoadRequest> = {}): Promise<string> => {
    const asked = people([part(lines)], { confirmed: true, ...changes });
    const { way, aside } = await target.chooseWay(asked);
    if (aside !== undefined) await target.saveAndDrop(asked.migration, [{ table: asked.table, which: aside }]);
    await target.load({ ...asked, way });
    await target.rebuildIndexes(asked.migration, asked.table);
    await target.restore(asked.migration);
    return way;
  };
  const whole = takeBackRequest;
  const merged = (changes: Partial<TakeBackRequest> = {}): TakeBackRequest => {
    const { columns, text, rowCount } = kept;
    const open = () => Readable.from(text === "" ? [] : [text], { objectMode: false });
    return whole({ images: { columns, rowCount, open }, ...changes });
  };
  /** Takes changes as somebody who saves them would. */
  const saving = () => {
    const seen: { changes?: Changes; lines: string } = { lines: "" };
    const onChanges: TakeBackRequest["onChanges"] = async (changes, rowsOf) => {
      seen.changes = changes;
      const { columns, rows } = rowsOf();
      for await (const chunk of rows) seen.lines += String(chunk);
      return { file: "changes.csv.gz", hash: "sha256:1", rowCount: 1, columns };
    };
    return { seen, onChanges };
  };
  const rows = () => database.query("SELECT id, name, cost, loud FROM people ORDER BY id");
  const states = () => database.query(`SELECT generation, state FROM ${ledger} ORDER BY number`);

  describe("an upsert", () => {
    it("takes new rows away and makes those that were updated what they had been, values they exchanged included", async () => {
      await database.query(unique.drop);
      const before = await rows();
      await upsert(['1,"Li, ""the\n2nd"""', "2,Amina", "3,|N", "7,New"]);
      await database.query(unique.add);

      const [outcome] = await rollback.takeBack([merged()]);

      expect(outcome).toMatchObject({ before: 5, after: 4, restored: 2, removed: 1, checksum: { count: 2 } });
      expect(await rows()).toEqual(before);
      expect(await states()).toEqual([{ generation: "g1", state: "taken back" }]);
    });

    it("of mode insert takes its rows away", async () => {
      const before = await rows();
      await upsert(["8,Ada", "9,\\N"], { mode: "insert" });

      const [outcome] = await rollback.takeBack([merged()]);

      expect(outcome).toMatchObject({ before: 6, after: 4, restored: 0, removed: 2 });
      expect(await rows()).toEqual(before);
    });

    it("is refused where others changed or deleted one of its rows since: with their number and first keys", async () => {
      await upsert(["1,Ada", "2,Bob", "7,New", "8,Newer"]);
      await database.query("UPDATE people SET cost = 9 WHERE id IN (2, 100)");
      await database.query("DELETE FROM people WHERE id = 8");
      await database.query("INSERT INTO people (id) VALUES (50)");
      const now = await rows();
      let seen: Changes | undefined;
      const onChanges: TakeBackRequest["onChanges"] = async (changes) => {
        seen = changes;
        throw new Error("refused");
      };

      expect(await rejection(rollback.takeBack([merged({ onChanges })]))).toMatchObject({ message: "refused" });

      expect(seen).toEqual({ written: 1, gone: 2, keys: ["2"] });
      expect(await rows()).toEqual(now);
    });

    it("hands out the rows as they are before it takes them back, and brings back what others deleted", async () => {
      await upsert(["1,Ada", "2,Bob", "3,Eve", "7,New"]);
      await database.query("UPDATE people SET name = concat('Zoe', id) WHERE id IN (2, 7)");
      await database.query("DELETE FROM people WHERE id = 1");
      await database.query("UPDATE people SET cost = 2 WHERE id = 100");
      const { seen, onChanges } = saving();

      const [outcome] = await rollback.takeBack([merged({ onChanges })]);

      expect(seen.changes).toEqual({ written: 2, gone: 3, keys: ["2", "7"] });
      expect(seen.lines.split("\n").sort()).toEqual([
        "",
        "changed,2,Zoe2,\\N",
        "changed,7,Zoe7,\\N",
        "deleted,1,\\N,\\N",
      ]);
      expect(outcome).toMatchObject({ restored: 3, removed: 1, changes: { written: 2, gone: 3 } });
      expect(await database.query("SELECT id, name, cost FROM people ORDER BY id")).toEqual([
        { id: "1", name: "Amina", cost: "1.50" },
        { id: "2", name: 'Li, "the\n2nd"', cost: null },
        { id: "3", name: "|N", cost: "0.00" },
        { id: "100", name: "not ours", cost: "2.00" },
      ]);
    });

    it.each(["", "ON DELETE CASCADE"])("is refused where rows of others refer to a new row (%s)", async (action) => {
      await upsert(["7,New", "1,Ada"]);
      await database.query(aid(action));
      await database.query("INSERT INTO aid VALUES (7), (1)");
      const now = await rows();

      const refused = await rejection(rollback.takeBack([merged()]));

      expect(refused).toMatchObject({
        kind: "difference",
        message: expect.stringContaining("nothing was taken back"),
        hint: expect.stringContaining("take both tables back together"),
      });
      expect(await rows()).toEqual(now);
      expect(await database.count("aid")).toBe(2);
    });

    it("runs no trigger of the users, and each is there afterwards", async () => {
      const before = await rows();
      await upsert(["7,New", "1,Ada"]);
      await database.query(stop);

      await rollback.takeBack([merged()]);

      expect(await rows()).toEqual(before);
      expect(await rejection(database.query("DELETE FROM people"))).toBeInstanceOf(Error);
    });
  });

  describe.each(["swap", "in place"])("a replaced table (%s)", (way) => {
    const inPlace = way === "in place";

    it("holds the rows of before again, whatever triggers are there, and the load before is the latest", async () => {
      expect(await replace(["5,Ada", "6,Bo"], { inPlace })).toBe(way);
      await replace(["9,Li"], { inPlace, generation: "g2" });
      await database.query(stop);

      const [outcome] = await rollback.takeBack([whole({ generation: "g2" })]);

      expect(outcome).toMatchObject({ before: 1, after: 2, restored: 2, removed: 1, checksum: { count: 2 } });
      expect(await rows()).toMatchObject([
        { id: "5", name: "Ada" },
        { id: "6", name: "Bo" },
      ]);
      expect(await states()).toEqual([
        { generation: "g1", state: "live" },
        { generation: "g2", state: "taken back" },
      ]);
      const last = await rollback.lastLoad({ migration: "M-1", table: "people", unit: undefined });
      expect(last).toMatchObject({ kind: "taken back", outcome: { restored: 2 } });
      expect(await rejection(rollback.takeBack([whole({ generation: "g2" })]))).toMatchObject({ kind: "temporary" });
      expect(await rejection(database.query("DELETE FROM people"))).toBeInstanceOf(Error);
    });

    it("says whether others wrote to it since, and hands their rows out", async () => {
      await replace(["5,Ada", "6,Bo", "7,Cy"], { inPlace });
      const of = { migration: "M-1", table: "people", unit: undefined };
      expect(await rollback.changesSince(of, ["id"])).toMatchObject({ written: 0, gone: 0 });

      await database.query("UPDATE people SET cost = 1 WHERE id = 5");
      expect(await rollback.changesSince(of, ["id"])).not.toMatchObject({ written: 0 });
      await database.query("DELETE FROM people WHERE id = 7");
      const { seen, onChanges } = saving();
      const [outcome] = await rollback.takeBack([whole({ onChanges })]);

      expect(seen.changes?.gone).toBeGreaterThan(0);
      expect(seen.lines).toMatch(/^(written|there),5,Ada,1.00(,ADA)?$/m);
      expect(outcome).toMatchObject({ restored: 4, removed: 2, saved: { rowCount: 1 } });
      expect(await database.count("people")).toBe(4);
    });

    it("stays where rows of others would lose their parent, and none of two goes where one cannot", async () => {
      await database.query("CREATE TABLE pets (id integer PRIMARY KEY, name varchar(9))");
      await replace(["1,Rex"], { inPlace, table: "pets" });
      await replace(["5,Ada"], { inPlace });
      await database.query(aid("ON DELETE CASCADE"));
      await database.query("INSERT INTO aid VALUES (5)");

      const refused = await rejection(rollback.takeBack([whole({ table: "pets" }), whole()]));

      expect(refused).toMatchObject({
        kind: "difference",
        message: expect.stringMatching(
          /aid: 1 row refers to rows that .*people would not hold any more \(foreign key aid_person_fkey\)/,
        ),
      });
      expect([await database.count("pets"), await database.count("people"), await database.count("aid")]).toEqual([
        1, 1, 1,
      ]);
      await database.query("DELETE FROM aid");
      await rollback.takeBack([whole({ table: "pets" }), whole()]);
      expect([await database.count("pets"), await database.count("people")]).toEqual([0, 4]);
    });

    it("cannot go where what was kept is gone, or is not what it was", async () => {
      await replace(["5,Ada"], { inPlace });
      const [undo] = await database.query(`SELECT ${ledger.includes(".") ? "undo" : "undo_by"} AS text FROM ${ledger}`);
      const { table } = JSON.parse(undo?.text ?? "{}") as { readonly table: string };
      await database.query(`UPDATE ${table} SET cost = 7 WHERE id = 3`);
      expect(await rejection(rollback.takeBack([whole()]))).toMatchObject({
        kind: "integrity",
        message: expect.stringMatching(
          /of its 4 former rows in .*previous_\w+ (1 were|some were) written after they were kept/,
        ),
      });
      await database.query(`DELETE FROM ${table} WHERE id = 3`);
      expect(await rejection(rollback.takeBack([whole()]))).toMatchObject({
        message: expect.stringMatching(/4 former rows were kept in .*, it holds 3/),
      });
      await database.query(`DROP TABLE ${table}`);
      expect(await rejection(rollback.takeBack([whole()]))).toMatchObject({ kind: "missing" });
      expect(await database.query("SELECT id FROM people")).toEqual([{ id: "5" }]);
    });
  });
});
