import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeepRows } from "../../../../../lib/databases/kept-port.js";
import { openRollback } from "../../../../../lib/databases/open-rollback.js";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import type { RollbackTarget, TakeBackRequest } from "../../../../../lib/databases/rollback-port.js";
import type { LoadRequest, Target } from "../../../../../lib/databases/target-port.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { part, people } from "../load/loading.js";

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

  it("lets rows have unique values back that they had exchanged among them", async () => {
    await database.query("ALTER TABLE people DROP CONSTRAINT people_name_key");
    const before = await database.query("SELECT id, name FROM people ORDER BY id");
    await load.load(upsert(['1,"\\N"', "3,Amina"]));
    await database.query("ALTER TABLE people ADD UNIQUE (name)");

    await target.takeBack([request()]);

    expect(await database.query("SELECT id, name FROM people ORDER BY id")).toEqual(before);
    expect(await database.count("pg_constraint WHERE conname = 'people_name_key' AND convalidated")).toBe(1);
  });

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
