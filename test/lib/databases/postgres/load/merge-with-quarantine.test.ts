import { afterEach, beforeEach, expect, it } from "vitest";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import type { LoadRequest, PartToLoad, Target } from "../../../../../lib/databases/target-port.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { keeping, noQuarantine, part, people, rejection } from "./loading.js";

let database: TestDatabase;
let target: Target;
beforeEach(async () => {
  database = await createDatabase(`
    CREATE TABLE people (id integer PRIMARY KEY, name text CONSTRAINT short CHECK (length(name) < 6),
      mail text UNIQUE, boss integer REFERENCES people);
    INSERT INTO people VALUES (1, 'Amina', 'a@x', NULL), (2, 'Bo', 'b@x', 1), (100, 'other', 'o@x', NULL)`);
  target = await openTarget(database.url, { application: "waybill/test" });
});
afterEach(async () => {
  await target.close();
  await database.drop();
});

const kept = keeping();
const merging = (mode: "upsert" | "insert", parts: readonly PartToLoad[]): LoadRequest =>
  people(parts, {
    mode,
    way: "merge",
    columns: ["id", "name", "mail", "boss"],
    keep: kept.keep,
    rejects: { ...noQuarantine, on: "quarantine" },
  });
const all = () => database.query("SELECT id, name, boss FROM people ORDER BY id");

it("upserting puts rows aside that the table refuses, and updates and inserts the others", async () => {
  const rows = ["1,Ann,a@x,3", "2,toolong,b@x,1", "3,Cy,c@x,\\N", "4,Di,A@x,x", "5,Ed,o@x,\\N", "6,Flo,f@x,5"];

  const outcome = await target.load(merging("upsert", [part(rows)]));

  expect(outcome.counts).toEqual({ before: 3, inserted: 1, updated: 1, unchanged: 0, quarantined: 4, after: 4 });
  expect(outcome.warnings.join()).toContain(
    "people: 4 rows were quarantined: 1 by short (23514), 1 by 22P02, 1 by people_mail_key (23505)",
  );
  expect(await all()).toEqual([
    { id: "1", name: "Ann", boss: "3" },
    { id: "2", name: "Bo", boss: "1" },
    { id: "3", name: "Cy", boss: null },
    { id: "100", name: "other", boss: null },
  ]);
  expect(await database.query("SELECT quarantined FROM waybill.generations WHERE state = 'live'")).toEqual([
    { quarantined: "4" },
  ]);
});

it("inserting puts rows aside that the table refuses, but never a key that is there already", async () => {
  const outcome = await target.load(merging("insert", [part(["3,Cy,c@x,1", "4,toolong,d@x,1"])]));
  const refused = await rejection(
    target.load({ ...merging("insert", [part(["5,toolong,e@x,1", "3,Cy,g@x,1"])]), generation: "g2" }),
  );

  expect(outcome.counts).toMatchObject({ inserted: 1, quarantined: 1, after: 4 });
  expect(refused).toMatchObject({ kind: "integrity" });
  expect(String(refused)).toContain("3");
  expect(await database.count("people")).toBe(4);
});
