import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadWithQuarantine } from "../../../../../lib/databases/load-with-quarantine.js";
import type { Connection } from "../../../../../lib/databases/postgres/connection.js";
import { saveAndDrop } from "../../../../../lib/databases/postgres/load/definitions.js";
import { quarantineOf } from "../../../../../lib/databases/postgres/load/quarantine.js";
import { replaceInPlace, trialInPlace } from "../../../../../lib/databases/postgres/load/replace-in-place.js";
import type { LoadOutcome, LoadRequest } from "../../../../../lib/databases/target-port.js";
import { decodeRow } from "../../../../../lib/model/csv-dialect.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { noQuarantine, part, people, rejection, session } from "./loading.js";

let database: TestDatabase;
let connection: Connection;
beforeEach(async () => {
  database = await createDatabase();
  connection = await session(database);
});
afterEach(async () => {
  await connection.close();
  await database.drop();
});

/** The rows put aside of the last load, without the columns of the table: part, row, key, code, constraint, message. */
let aside: readonly (readonly (string | null)[])[] = [];

async function load(
  changes: Partial<LoadRequest>,
  rejects: Partial<LoadRequest["rejects"]> = {},
): Promise<LoadOutcome> {
  aside = [];
  const request = people([], {
    rejects: { ...noQuarantine, on: "quarantine", ...rejects },
    keep: async (_, __, rows) => {
      const records = (await text(rows)).split(/(?<=\n)/);
      aside = records.filter((record) => record !== "").map((record) => decodeRow(record).slice(0, 6));
      return { file: "rejects.csv.gz", hash: "sha256:1", rowCount: aside.length };
    },
    ...changes,
  });
  return await loadWithQuarantine(quarantineOf(connection), request, {
    load: (one) => replaceInPlace(connection, one),
    trial: (one) => trialInPlace(connection, one),
  });
}

const codes = () => aside.map(([, row, , code, constraint]) => [row, code, constraint]);

describe("a load that puts rows aside", () => {
  it("finds each kind of refusal, with the server's own words, and loads the bystanders", async () => {
    await database.query(`
      CREATE TABLE towns (id integer PRIMARY KEY);
      INSERT INTO towns VALUES (1);
      CREATE DOMAIN code AS text CONSTRAINT letters CHECK (VALUE ~ '^[a-z]*$');
      CREATE TABLE people (
        id integer PRIMARY KEY, name varchar(5) NOT NULL, age integer CONSTRAINT adult CHECK (age >= 18), code code,
        mail text, span int4range, town integer CONSTRAINT lives REFERENCES towns DEFERRABLE INITIALLY DEFERRED,
        EXCLUDE USING gist (span WITH &&));
      CREATE UNIQUE INDEX one_mail ON people (lower(mail)) WHERE mail <> '';
      CREATE FUNCTION no_ghosts() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.name = 'ghost' THEN RAISE EXCEPTION 'no % here', NEW.name USING ERRCODE = 'GH057'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER no_ghosts BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION no_ghosts()`);
    await saveAndDrop(connection, "M-1", [{ table: "people", which: "all" }]);

    const outcome = await load({
      triggers: "keep",
      columns: ["id", "name", "age", "code", "mail", "span", "town"],
      parts: [
        part([
          '1,Ann,18,a,A@x,"[1,2)",1',
          "2,Bo,17,a,,\\N,1",
          "3,\\N,18,a,,\\N,1",
          "4,Cy,x,a,,\\N,1",
          "5,toolong,18,a,,\\N,1",
          "6,Di,18,A,,\\N,1",
          "1,again,18,a,,\\N,1",
          "8,Ed,18,a,a@X,\\N,1",
          '9,Fi,18,a,,"[1,5)",1',
          "10,Gus,18,a,,\\N,7",
          "11,ghost,18,a,,\\N,1",
          "12,Hal,19,\\N,b@x,\\N,\\N",
        ]),
        part(["12,late,18,a,,\\N,1", '13,"a\n""b",18,a,,\\N,1'], { name: "part-00001.csv.gz" }),
      ],
    });

    expect(codes()).toEqual([
      ["2", "23514", "adult"],
      ["3", "23502", null],
      ["4", "22P02", null],
      ["5", "22001", null],
      ["6", "23514", "letters"],
      ["7", "23505", "people_pkey"],
      ["8", "23505", "one_mail"],
      ["9", "23P01", "people_span_excl"],
      ["10", "23503", "lives"],
      ["11", "GH057", null],
      ["1", "23505", "people_pkey"],
    ]);
    expect(aside[8]?.[5]).toBe(
      'insert or update on table "people" violates foreign key constraint "lives" (Key (town)=(7) is not present in table "towns".)',
    );
    expect(aside[9]).toEqual(["part-00000.csv.gz", "11", "11", "GH057", null, "no ghost here"]);
    expect(outcome.counts).toMatchObject({ inserted: 3, quarantined: 11, after: 3 });
    expect(await database.query("SELECT id, name FROM people ORDER BY id")).toEqual([
      { id: "1", name: "Ann" },
      { id: "12", name: "Hal" },
      { id: "13", name: 'a\n"b' },
    ]);
    expect(outcome.warnings.join()).toContain("people: 11 rows were quarantined: 2 by people_pkey (23505), ");
    // Every row is the generation's own: one transaction wrote it, and the ledger knows which.
    expect(await database.query("SELECT DISTINCT xmin FROM people")).toEqual(
      await database.query("SELECT transaction_id AS xmin FROM waybill.generations"),
    );
  });

  it("finds every bad row among many, also where nothing says on which line", async () => {
    await database.query(`CREATE TABLE towns (id integer PRIMARY KEY);
      INSERT INTO towns SELECT generate_series(1, 9000);
      CREATE TABLE people (id integer PRIMARY KEY, name text, town integer REFERENCES towns)`);
    const bad = new Set([1, 2, 777, 778, 4096, 8999, 9000]);
    const rows = Array.from({ length: 9000 }, (_, n) => `${n + 1},x,${bad.has(n + 1) ? 99_999 : n + 1}`);

    const { counts } = await load({ columns: ["id", "name", "town"], parts: [part(rows)] });

    expect(aside.map(([, row]) => Number(row))).toEqual([...bad]);
    expect(counts).toMatchObject({ inserted: 8993, quarantined: 7 });
  });

  it("puts nothing aside where nothing is refused", async () => {
    await database.query("CREATE TABLE people (id integer PRIMARY KEY, name text)");

    const outcome = await load({ parts: [part(["1,Ann"])] });

    expect(outcome).toMatchObject({ counts: { inserted: 1, quarantined: 0 }, warnings: [] });
    expect(aside).toEqual([]);
  });

  it("holds rows back whose parent in the same table is put aside, and those that refer to them", async () => {
    await database.query(
      `CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, boss integer REFERENCES people);`,
    );
    await saveAndDrop(connection, "M-1", [{ table: "people", which: "all" }]);
    const rows = ["1,Ann,2", "2,Bo,3", "3,\\N,\\N", "4,Cy,5", "5,Di,\\N", "5,twin,1", "6,Ed,99"];

    await load({ columns: ["id", "name", "boss"], parts: [part(rows)] });

    expect(aside.map(([, row, , code, , message]) => [row, code, message?.slice(0, 40)])).toEqual([
      ["3", "23502", 'null value in column "name" of relation '],
      ["6", "23505", "duplicate key value violates unique cons"],
      ["1", null, "its parent people 2 is quarantined"],
      ["2", null, "its parent people 3 is quarantined"],
      ["7", null, "its parent people 99 is quarantined"],
    ]);
    expect(await database.query("SELECT id FROM people ORDER BY id")).toEqual([{ id: "4" }, { id: "5" }]);
  });

  it("holds them back without a foreign key too, where the specification knows the reference", async () => {
    await database.query("CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, boss integer)");
    const rows = ["1,Ann,2", "2,Bo,3", "3,\\N,\\N", "4,Cy,5", "5,Di,\\N", "5,twin,1", "6,Ed,99"];
    const reference = { columns: ["boss"], parent: "people", parentColumns: ["id"], values: [] };

    await load({ columns: ["id", "name", "boss"], parts: [part(rows)] }, { parents: [reference] });

    expect(aside.map(([, row]) => row)).toEqual(["3", "6", "1", "2"]);
    expect(await database.query("SELECT id FROM people ORDER BY id")).toEqual([{ id: "4" }, { id: "5" }, { id: "6" }]);
  });

  it("holds children of parents that are lost back, but not of those that are there all the same", async () => {
    await database.query(`CREATE TABLE towns (id text); INSERT INTO towns VALUES ('b');
      CREATE TABLE people (id integer PRIMARY KEY, name text, town text)`);
    const parents = [{ columns: ["town"], parent: "towns", parentColumns: ["id"], values: [["a"], ["b"]] }];
    const parts = [part(["1,Ann,a", "2,Bo,b", "3,Cy,\\N"])];

    await load({ columns: ["id", "name", "town"], parts }, { parents });
    const found = aside.map(([, row, , , , message]) => [row, message]);
    const strict = await rejection(load({ columns: ["id", "name", "town"], parts }, { parents, on: "fail" }));

    expect(found).toEqual([["1", "its parent towns a is quarantined"]]);
    expect(strict).toMatchObject({
      kind: "difference",
      message: "people: 1 of its rows refer to rows of towns that are quarantined; nothing of it was loaded",
    });
    expect(await database.count("people")).toBe(2);
  });

  it("ends in a difference when more is refused than is accepted, and changes nothing", async () => {
    await database.query("CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL)");
    await load({ parts: [part(["1,Ann"])] });

    const refused = await rejection(
      load({ generation: "g2", parts: [part(["2,\\N", "3,\\N", "4,\\N", "5,Bo"])] }, { atMost: 1 }),
    );

    expect(refused).toMatchObject({ kind: "difference" });
    expect(String(refused)).toContain("refuses 2 rows at least, and no more than 1 may be put aside");
    expect(aside.map(([, row]) => row)).toEqual(["1", "2"]);
    expect(await database.query("SELECT * FROM people")).toEqual([{ id: "1", name: "Ann" }]);
  });

  it("puts nothing aside for what a trigger would say that stands aside", async () => {
    await database.query(`CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL);
      CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$;
      CREATE TRIGGER never BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION never()`);

    await load({ parts: [part(["1,Ann", "2,\\N"])] });

    expect(codes()).toEqual([["2", "23502", null]]);
    expect(await database.query("SELECT tgenabled FROM pg_trigger")).toEqual([{ tgenabled: "O" }]);
  });

  it("lets a lost connection or a missing privilege be what it is", async () => {
    await database.query("CREATE TABLE people (id integer PRIMARY KEY, name text)");
    await database.query(`CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
      CREATE TRIGGER gone BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION gone()`);

    const refused = await rejection(load({ triggers: "keep", parts: [part(["1,Ann"])] }));

    expect(refused).toMatchObject({ kind: "temporary" });
    expect(aside).toEqual([]);
  });

  it("says nothing of the data in what it tells", async () => {
    await database.query("CREATE TABLE people (id integer PRIMARY KEY, name text CHECK (name <> 'Zoë'))");
    const told: string[] = [];

    const { warnings } = await load({ parts: [part(["1,Zoë"])] }, { tell: (words) => told.push(words) });

    expect(told.join()).toBe(
      "the database refuses rows (people_name_check (23514) is the first): looking for each of them",
    );
    expect([...told, ...warnings].join()).not.toContain("Zoë");
  });
});
