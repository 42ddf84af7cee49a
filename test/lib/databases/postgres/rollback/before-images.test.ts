import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeepRows } from "../../../../../lib/databases/kept-port.js";
import { openRollback } from "../../../../../lib/databases/open-rollback.js";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import type { Changes, RollbackTarget, TakeBackRequest } from "../../../../../lib/databases/rollback-port.js";
import type { LoadRequest, Target } from "../../../../../lib/databases/target-port.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { part, people, rejection } from "../load/loading.js";

let database: TestDatabase;
let load: Target;
let target: RollbackTarget;
let kept: { columns: readonly string[]; text: string; rowCount: number };
beforeEach(async () => {
  database = await createDatabase(`
    CREATE DOMAIN price AS numeric(10, 2);
    CREATE TABLE people (
      id integer PRIMARY KEY, name text UNIQUE, data json, place point, cost price, number integer GENERATED ALWAYS AS IDENTITY,
      loud text GENERATED ALWAYS AS (upper(name)) STORED);
    INSERT INTO people (id, name, data, place, cost) VALUES
      (1, 'Amina', '{"a":  1}', '(1,2)', 1.50), (2, 'Li, "the' || chr(10) || '2nd"', NULL, NULL, NULL), (3, '\\N', 'null', NULL, 0), (100, 'not ours', NULL, NULL, 1)`);
  load = await openTarget(database.url, { application: "waybill/test" });
  target = await openRollback(database.url, { application: "waybill/test" });
});
afterEach(async () => {
  await load.close();
  await target.close();
  await database.drop();
});

const keep: KeepRows = async (_, columns, rows) => {
  let text = "";
  for await (const chunk of rows) text += String(chunk);
  const rowCount = text.split(/\n(?=inserted|updated)/).filter((row) => row !== "").length;
  kept = { columns: columns.map(({ name }) => name), text, rowCount };
  return { file: "undo.csv.gz", hash: "sha256:1", rowCount };
};

const upsert = (lines: readonly string[], changes: Partial<LoadRequest> = {}): LoadRequest =>
  people([part(lines)], { mode: "upsert", way: "merge", keep, ...changes });

function request(changes: Partial<TakeBackRequest> = {}): TakeBackRequest {
  const { columns, text, rowCount } = kept;
  return {
    migration: "M-1",
    table: "people",
    generation: "g1",
    unit: undefined,
    key: ["id"],
    images: { columns, rowCount, open: () => Readable.from(text === "" ? [] : [text], { objectMode: false }) },
    onChanges: async () => {
      throw new Error("nobody changed anything");
    },
    ...changes,
  };
}

/** Takes changes as somebody who saves them would. */
function saving() {
  const seen: { changes?: Changes; lines: string } = { lines: "" };
  const onChanges: TakeBackRequest["onChanges"] = async (changes, rowsOf) => {
    seen.changes = changes;
    const { columns, rows } = rowsOf();
    for await (const chunk of rows) seen.lines += String(chunk);
    return { file: "changes.csv.gz", hash: "sha256:1", rowCount: 1, columns };
  };
  return { seen, onChanges };
}

const rows = () => database.query("SELECT * FROM people ORDER BY id");
const versions = () => database.query("SELECT id, ctid, xmin FROM people ORDER BY id");

describe("taking an upsert back", () => {
  it("takes new rows away and makes those that were updated what they had been, and touches no other", async () => {
    const [before, untouched] = [await rows(), await versions()];
    await load.load(upsert(["1,Ada", "2,Bob", '3,"\\N"', "7,New"]));

    const [outcome] = await target.takeBack([request()]);

    expect(await rows()).toEqual(before);
    const now = await versions();
    expect([now[2], now[3]]).toEqual([untouched[2], untouched[3]]);
    expect(outcome).toMatchObject({ before: 5, after: 4, restored: 2, removed: 1, checksum: { count: 2 } });
    expect(await database.query("SELECT generation, state FROM waybill.generations")).toEqual([
      { generation: "g1", state: "taken back" },
    ]);
  });

  it("of mode insert takes its rows away", async () => {
    await load.load(upsert(["8,Ada", "9,\\N"], { mode: "insert" }));

    await target.takeBack([request()]);

    expect(await database.query("SELECT id FROM people ORDER BY id")).toEqual(
      ["1", "2", "3", "100"].map((id) => ({ id })),
    );
  });

  it("lets rows have unique values back that they had exchanged among them", async () => {
    await database.query("ALTER TABLE people DROP CONSTRAINT people_name_key");
    const before = await database.query("SELECT id, name FROM people ORDER BY id");
    await load.load(upsert(['1,"\\N"', "3,Amina"]));
    await database.query("ALTER TABLE people ADD UNIQUE (name)");

    await target.takeBack([request()]);

    expect(await database.query("SELECT id, name FROM people ORDER BY id")).toEqual(before);
    expect(await database.count("pg_constraint WHERE conname = 'people_name_key' AND convalidated")).toBe(1);
  });

  it("is refused where others changed or deleted one of its rows since: with their number and first keys", async () => {
    await load.load(upsert(["1,Ada", "2,Bob", "7,New", "8,Newer"]));
    await database.query(
      "UPDATE people SET cost = 9 WHERE id IN (2, 100); DELETE FROM people WHERE id = 8; INSERT INTO people (id) VALUES (50)",
    );
    const now = await rows();
    let seen: Changes | undefined;
    const onChanges: TakeBackRequest["onChanges"] = async (changes) => {
      seen = changes;
      throw new Error("refused");
    };

    expect(await rejection(target.takeBack([request({ onChanges })]))).toMatchObject({ message: "refused" });

    expect(seen).toEqual({ written: 1, gone: 2, keys: ["2"] });
    expect(await rows()).toEqual(now);
  });

  it("hands out the rows as they are before it takes them back, and brings back what others deleted", async () => {
    await load.load(upsert(["1,Ada", "2,Bob", "3,Eve", "7,New"]));
    await database.query(
      "UPDATE people SET name = 'Zoe' || id WHERE id IN (2, 7); DELETE FROM people WHERE id = 1; UPDATE people SET cost = 2 WHERE id = 100",
    );
    const { seen, onChanges } = saving();

    const [outcome] = await target.takeBack([request({ onChanges })]);

    expect(seen.changes).toEqual({ written: 2, gone: 3, keys: ["2", "7"] });
    expect(seen.lines.split("\n").sort()).toEqual([
      "",
      expect.stringMatching(/^changed,2,Zoe2,/),
      expect.stringMatching(/^changed,7,Zoe7,/),
      expect.stringMatching(/^deleted,1,\\N,/),
    ]);
    expect(outcome).toMatchObject({
      restored: 3,
      removed: 1,
      changes: { written: 2, gone: 3 },
      saved: { rowCount: 1 },
    });
    expect(await database.query("SELECT id, name, cost FROM people ORDER BY id")).toEqual([
      { id: "1", name: "Amina", cost: "1.50" },
      { id: "2", name: 'Li, "the\n2nd"', cost: null },
      { id: "3", name: "\\N", cost: "0.00" },
      { id: "100", name: "not ours", cost: "2.00" },
    ]);
  });

  it.each(["", "ON DELETE CASCADE", "ON DELETE SET NULL"])(
    "is refused where rows of others refer to a new row (%s)",
    async (action) => {
      await load.load(upsert(["7,New", "1,Ada"]));
      await database.query(
        `CREATE TABLE aid (person integer REFERENCES people ${action}); INSERT INTO aid VALUES (7), (1)`,
      );
      const now = await rows();

      const refused = await rejection(target.takeBack([request()]));

      expect(refused).toMatchObject({ kind: "difference", message: expect.stringContaining("nothing was taken back") });
      expect(refused).toMatchObject({ hint: expect.stringContaining("take both tables back together") });
      expect(await rows()).toEqual(now);
      expect(await database.query("SELECT person FROM aid ORDER BY 1")).toEqual([{ person: "1" }, { person: "7" }]);
      expect(await database.count("pg_constraint WHERE conname = 'aid_person_fkey'")).toBe(1);
    },
  );

  it("runs no trigger of the users, and leaves each as it was", async () => {
    await load.load(upsert(["7,New", "1,Ada"]));
    await database.query(`CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''it ran''; END';
      CREATE TRIGGER stop BEFORE DELETE OR UPDATE ON people FOR EACH ROW EXECUTE FUNCTION stop();
      ALTER TABLE people ENABLE ALWAYS TRIGGER stop`);

    await target.takeBack([request()]);

    expect(await database.query("SELECT tgenabled FROM pg_trigger WHERE tgname = 'stop'")).toEqual([
      { tgenabled: "A" },
    ]);
  });
});
