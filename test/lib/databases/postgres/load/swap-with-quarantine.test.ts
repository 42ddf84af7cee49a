import { afterEach, beforeEach, expect, it } from "vitest";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import type { LoadOutcome, LoadRequest, Target } from "../../../../../lib/databases/target-port.js";
import { decodeRow } from "../../../../../lib/model/csv-dialect.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { noQuarantine, part, people } from "./loading.js";

let database: TestDatabase;
let target: Target;
beforeEach(async () => {
  database = await createDatabase(`
    CREATE TABLE towns (id integer PRIMARY KEY);
    INSERT INTO towns VALUES (1);
    CREATE FUNCTION decent(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT length($1) < 6';
    CREATE TABLE people (id integer PRIMARY KEY, name text CONSTRAINT short CHECK (decent(name)), mail text,
      town integer CONSTRAINT lives REFERENCES towns, boss integer CONSTRAINT led REFERENCES people);
    CREATE UNIQUE INDEX one_mail ON people (lower(mail));
    CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$;
    CREATE TRIGGER never BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION never();
    ALTER TABLE people DISABLE TRIGGER never; INSERT INTO people VALUES (1, 'old'); ALTER TABLE people ENABLE TRIGGER never`);
  target = await openTarget(database.url, { application: "waybill/test" });
});
afterEach(async () => {
  await target.close();
  await database.drop();
});

let aside: readonly (readonly (string | null)[])[] = [];
let seenMeanwhile: object = [];

async function swap(changes: Partial<LoadRequest>): Promise<LoadOutcome> {
  const request = people([], {
    way: "swap",
    columns: ["id", "name", "mail", "town", "boss"],
    confirmed: true,
    rejects: { ...noQuarantine, on: "quarantine" },
    keep: async (file, _, rows) => {
      const found: (readonly (string | null)[])[] = [];
      for await (const chunk of rows) {
        // The search is under way while its rows come in.
        if (found.length === 0)
          seenMeanwhile = await database.query("SET lock_timeout = '1s'; SELECT name FROM people");
        found.push(decodeRow(String(chunk)).slice(0, 6));
      }
      aside = found;
      return { file: `${file}.csv.gz`, hash: `sha256:${found.length}`, rowCount: found.length };
    },
    ...changes,
  });
  await target.ensureLedger();
  await target.saveAndDrop("M-1", [{ table: "people", which: "foreign keys" }]);
  const outcome = await target.load(request);
  await target.restore("M-1");
  return outcome;
}

const constraints = () =>
  database.query(
    "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'people'::regclass AND contype <> 'n' ORDER BY 1",
  );

it("finds what a table made like the live one refuses, under the names of the live one, while readers go on", async () => {
  const before = await constraints();

  const outcome = await swap({
    parts: [
      part(["1,Ann,a@x,1,3", "2,toolong,b@x,1,\\N", "3,Bo,A@X,1,1", "1,twin,t@x,1,1"]),
      part(["5,Cy,c@x,7,\\N", "6,Di,d@x,\\N,5", "7,Ed,e@x,1,8", "8,Flo,f@x,1,\\N"], {
        name: "part-00001.csv.gz",
        hash: "sha256:1",
      }),
    ],
  });

  expect(aside.map(([, row, key, code, constraint]) => [row, key, code, constraint])).toEqual([
    ["2", "2", "23514", "short"],
    ["3", "3", "23505", "one_mail"],
    ["4", "1", "23505", "people_pkey"],
    ["1", "5", "23503", "lives"],
    ["1", "1", null, null],
    ["2", "6", null, null],
  ]);
  expect(aside[0]?.[5]).toContain('new row for relation "people" violates check constraint "short"');
  expect(aside[2]?.[5]).toContain('unique constraint "people_pkey" (Key (id)=(1) already exists.)');
  expect(seenMeanwhile).toEqual([{ name: "old" }]);
  expect(outcome).toMatchObject({ way: "swap", counts: { before: 1, inserted: 2, quarantined: 6, after: 2 } });
  expect(await database.query("SELECT id FROM people ORDER BY id")).toEqual([{ id: "7" }, { id: "8" }]);
  expect(await constraints()).toEqual(before);
  expect(await database.query("SELECT quarantined FROM waybill.generations WHERE state = 'live'")).toEqual([
    { quarantined: "6" },
  ]);
});

it("leaves a foreign key to a table whose turn comes later to the end", async () => {
  const rejects = { ...noQuarantine, on: "quarantine" as const, later: ["towns"] };

  const outcome = await swap({ rejects, parts: [part(["1,Ann,a@x,1,\\N", "2,toolong,b@x,1,\\N"])] });

  expect(outcome.counts).toMatchObject({ inserted: 1, quarantined: 1 });
  expect(await constraints()).toContainEqual({ conname: "lives", convalidated: "t" });
});

it("finds a row that only its foreign key refuses, though keys stand aside while rows arrive", async () => {
  const outcome = await swap({ parts: [part(["1,Ann,a@x,9,\\N", "2,Bo,b@x,1,\\N"])] });

  expect(aside.map(([, row, , code, constraint]) => [row, code, constraint])).toEqual([["1", "23503", "lives"]]);
  expect(outcome.counts).toMatchObject({ inserted: 1, quarantined: 1 });
});
