import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import { mergeRows } from "../../../../../lib/databases/postgres/load/merge-rows.js";
import { openSessions, type Sessions } from "../../../../../lib/databases/postgres/load/sessions.js";
import type { LoadRequest, PartToLoad, Target } from "../../../../../lib/databases/target-port.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { keeping, part, people, rejection } from "./loading.js";

let database: TestDatabase;
let target: Target;
beforeEach(async () => {
  database = await createDatabase("CREATE TABLE people (id integer PRIMARY KEY, name text)");
  target = await openTarget(database.url, { application: "waybill/test" });
});
afterEach(async () => {
  await target.close();
  await database.drop();
});

const kept = keeping();
const upsert = (parts: readonly PartToLoad[], changes: Partial<LoadRequest> = {}): LoadRequest =>
  people(parts, { mode: "upsert", way: "merge", keep: kept.keep, ...changes });
it("leaves rows that do not differ where they lie", async () => {
  await database.query("INSERT INTO people VALUES (1, 'Amina'), (2, NULL), (100, 'not ours')");
  const where = () => database.query("SELECT ctid, xmin FROM people WHERE id IN (1, 100) ORDER BY id");
  const before = await where();

  await target.load(upsert([part(["1,Amina", "2,Li"])]));

  expect(await where()).toEqual(before);
});

it("knows how many rows were there also where no other session may count them", async () => {
  await database.query("INSERT INTO people VALUES (1, 'Amina'), (2, NULL), (100, 'not ours')");
  const sessions = await openSessions(database.url, { application: "waybill/test" });
  const each: Sessions["each"] = (items, jobs, work) =>
    items.some((item) => typeof item === "object" && item !== null && "oid" in item)
      ? Promise.reject(new Error("somebody waits for the table"))
      : sessions.each(items, jobs, work);

  const { counts } = await mergeRows({ ...sessions, each }, upsert([part(["2,Li", "3,Noor"])]));

  await sessions.close();
  expect(counts).toMatchObject({ before: 3, inserted: 1, updated: 1, after: 4 });
});

describe("merging into a table of any kind", () => {
  const wide = (columns: string, more = "") =>
    database.query(`DROP TABLE people; CREATE TABLE people (${columns}) ${more}`);

  it("compares by what stands there: 1.50 replaces 1.5, json as it is written, points and domains", async () => {
    await wide("id integer PRIMARY KEY, price numeric, facts json, place point, kind varchar(3)");
    await database.query(
      "CREATE DOMAIN short AS text CHECK (length(VALUE) < 5); ALTER TABLE people ALTER kind TYPE short",
    );
    await database.query(
      `INSERT INTO people VALUES (1, 1.5, '{"a":1}', '(1,2)', 'x'), (2, 1.5, '{"a":1}', '(1,2)', 'x')`,
    );
    const columns = ["id", "price", "facts", "place", "kind"];

    const outcome = await target.load(
      upsert([part(['1,1.50,"{""a"":1}","(1,2)",x', '2,1.5,"{""a"":1}","(1,2)",x', "3,\\N,\\N,\\N,\\N"])], { columns }),
    );

    expect(outcome.counts).toMatchObject({ inserted: 1, updated: 1, unchanged: 1 });
    expect(await database.query("SELECT price FROM people WHERE id = 1")).toEqual([{ price: "1.50" }]);
  });

  it("takes a key of several columns, in any order, that is equal and yet other text", async () => {
    await wide("price numeric, day date, name text, UNIQUE (price, day)");
    await database.query("INSERT INTO people VALUES (1.5, '2024-01-01', 'x')");
    const of = { columns: ["day", "price", "name"], key: ["day", "price"] };

    const outcome = await target.load(upsert([part(["2024-01-01,1.50,x", "2024-01-02,1.50,x"])], of));

    expect(outcome.counts).toMatchObject({ inserted: 1, updated: 1 });
    expect(await database.query("SELECT price FROM people ORDER BY day")).toEqual([
      { price: "1.50" },
      { price: "1.50" },
    ]);
  });

  it("takes partitions, columns that the database computes, and hostile names", async () => {
    await database.query(
      `CREATE SCHEMA "odd.schema"; CREATE TABLE "odd.schema"."Odd ""Table""" ("a b" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        "C" text, "~0" text GENERATED ALWAYS AS (upper("C")) STORED) PARTITION BY RANGE ("a b");
        CREATE TABLE rest PARTITION OF "odd.schema"."Odd ""Table""" DEFAULT; INSERT INTO rest OVERRIDING SYSTEM VALUE VALUES (1, 'a')`,
    );
    const odd = { table: '"odd.schema"."Odd ""Table"""', columns: ["a b", "C"], key: ["a b"] };

    const outcome = await target.load(upsert([part(["1,b", "2,c"])], odd));

    expect(outcome.counts).toMatchObject({ inserted: 1, updated: 1 });
    expect(await database.query(`SELECT "C", "~0" FROM rest ORDER BY 1`)).toEqual([
      { C: "b", "~0": "B" },
      { C: "c", "~0": "C" },
    ]);
  });

  it("refuses to lose another value of an identity that cannot be updated", async () => {
    await wide("id integer GENERATED ALWAYS AS IDENTITY, name text PRIMARY KEY");
    await database.query("INSERT INTO people (name) VALUES ('Li')");

    const refused = await rejection(target.load(upsert([part(["7,Li"])], { key: ["name"] })));

    expect(refused).toMatchObject({
      kind: "integrity",
      message: expect.stringContaining("1 rows have another id than those of the same key in public.people"),
    });
  });
});

describe("a table that cannot be merged into", () => {
  it.each([
    ["ALTER TABLE people DROP CONSTRAINT people_pkey", ["id"], /keeps no two rows of one id apart/],
    ["ALTER TABLE people DROP CONSTRAINT people_pkey, ADD PRIMARY KEY (id) DEFERRABLE", ["id"], /neither deferrable/],
    ["CREATE UNIQUE INDEX ON people (name) WHERE name <> ''", ["name"], /keeps no two rows of one name apart/],
    ["CREATE UNIQUE INDEX ON people (lower(name))", ["name"], /keeps no two rows of one name apart/],
    ["ALTER TABLE people DROP CONSTRAINT people_pkey", [], /public.people has no primary key/],
    ["ALTER TABLE people ADD code text UNIQUE", ["code"], /the mapping gives no code/],
  ])("is refused before a row arrives: %s", async (change, key, message) => {
    await database.query(change);

    const refused = await rejection(target.assertLoadable(upsert([part(["1,Li"])], { key })));

    expect(refused).toMatchObject({ kind: "specification", message: expect.stringMatching(message) });
  });
});

describe("triggers of the users", () => {
  const trigger = `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name = upper(NEW.name); RETURN NEW; END';
    CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON people FOR EACH ROW EXECUTE FUNCTION shout();
    CREATE TRIGGER off BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION shout(); ALTER TABLE people DISABLE TRIGGER off;
    CREATE TRIGGER always BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION shout(); ALTER TABLE people ENABLE ALWAYS TRIGGER always`;
  const states = () => database.query("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1");

  it("stand aside, and are afterwards as they were", async () => {
    await database.query(trigger);
    const before = await states();

    await target.load(upsert([part(["1,Li"])]));

    expect(await database.query("SELECT name FROM people")).toEqual([{ name: "Li" }]);
    expect(await states()).toEqual(before);
  });

  it("run where they are kept, and the load says so", async () => {
    await database.query(trigger);

    const { warnings } = await target.load(upsert([part(["1,Li"])], { triggers: "keep" }));

    expect(await database.query("SELECT name FROM people")).toEqual([{ name: "LI" }]);
    expect(warnings).toEqual([expect.stringContaining("triggers ran")]);
  });

  it("that hold rows back end the load, and nothing was written", async () => {
    await database.query(
      `CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
       CREATE TRIGGER hold BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION hold()`,
    );

    const refused = await rejection(target.load(upsert([part(["1,Li"])], { triggers: "keep" })));

    expect(refused).toMatchObject({
      message: expect.stringContaining("1 rows were to be inserted or updated, the target wrote 0"),
    });
  });
});

describe("what stands aside while rows are merged", () => {
  const fill = (count: number) =>
    database.query(`INSERT INTO people SELECT n, 'x' FROM generate_series(1, ${count}) AS n`);
  const ask = (rowCount: number, changes: Partial<LoadRequest> = {}) =>
    target.chooseWay(upsert([], { rowCount, ...changes }));

  it("is nothing where few rows arrive, and indexes and foreign keys where half of them must be new", async () => {
    await fill(10);

    expect(await ask(19)).toMatchObject({ way: "merge", aside: undefined });
    expect(await ask(20)).toMatchObject({ way: "merge", aside: "all" });
  });

  it("is never the unique constraint that tells the rows apart", async () => {
    await database.query("ALTER TABLE people ADD UNIQUE (name)");

    expect(await ask(20, { key: ["name"] })).toMatchObject({ aside: undefined });
  });

  it("is the foreign keys of tables that refer to one another in a ring", async () => {
    await database.query(
      `CREATE TABLE houses (id integer PRIMARY KEY, owner integer REFERENCES people);
       ALTER TABLE people ADD house integer REFERENCES houses, ADD friend integer REFERENCES people`,
    );
    await fill(10);

    expect(await ask(5)).toMatchObject({ aside: "foreign keys", because: "its foreign keys make a ring of tables" });
  });
});
