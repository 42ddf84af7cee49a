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
const insert = (parts: readonly PartToLoad[], changes: Partial<LoadRequest> = {}): LoadRequest =>
  upsert(parts, { mode: "insert", ...changes });
const second = (lines: readonly string[]): PartToLoad => part(lines, { name: "part-00001.csv.gz", hash: "sha256:1" });
const generations = () =>
  database.query(
    "SELECT generation, mode, way, state, rows_before, inserted, updated, unchanged, rows_after, undo FROM waybill.generations ORDER BY number",
  );
const leftInSchema = () =>
  database.query(
    "SELECT relname FROM pg_class WHERE relnamespace = 'waybill'::regnamespace AND relname ~ '^(next|arriving|previous)_'",
  );

describe("upserting a table", () => {
  beforeEach(() => database.query("INSERT INTO people VALUES (1, 'Amina'), (2, NULL), (100, 'not ours')"));

  it("inserts, updates only what differs, and leaves the rows of others alone", async () => {
    const before = await database.query("SELECT ctid, xmin FROM people WHERE id IN (1, 100) ORDER BY id");

    const outcome = await target.load(upsert([part(["1,Amina", "2,Li"]), second(["3,", '4,"\\N"'])]));

    expect(outcome).toEqual({
      way: "merge",
      counts: { before: 3, inserted: 2, updated: 1, unchanged: 1, quarantined: 0, after: 5 },
      warnings: [],
    });
    expect(await database.query("SELECT * FROM people ORDER BY id")).toEqual([
      { id: "1", name: "Amina" },
      { id: "2", name: "Li" },
      { id: "3", name: "" },
      { id: "4", name: "\\N" },
      { id: "100", name: "not ours" },
    ]);
    expect(await database.query("SELECT ctid, xmin FROM people WHERE id IN (1, 100) ORDER BY id")).toEqual(before);
    expect(await leftInSchema()).toEqual([]);
  });

  it("knows how many rows were there also where no other session may count them", async () => {
    const sessions = await openSessions(database.url, { application: "waybill/test" });
    const each: Sessions["each"] = (items, jobs, work) =>
      items.some((item) => typeof item === "object" && item !== null && "oid" in item)
        ? Promise.reject(new Error("somebody waits for the table"))
        : sessions.each(items, jobs, work);

    const { counts } = await mergeRows({ ...sessions, each }, upsert([part(["2,Li", "3,Noor"])]));

    await sessions.close();
    expect(counts).toMatchObject({ before: 3, inserted: 1, updated: 1, after: 4 });
  });

  it("keeps the rows it changes as they were, with a hash of what became of them", async () => {
    await target.load(upsert([part(["1,Amina", "2,Li", "3,Noor"])]));

    expect(kept.lines()).toEqual([
      expect.stringMatching(/^updated,[0-9a-f]{32},2,\\N$/),
      expect.stringMatching(/^inserted,[0-9a-f]{32},3,\\N$/),
    ]);
    const [hash] = await database.query("SELECT md5('3|,Noor') AS hash");
    expect(kept.lines()[1]?.split(",")[1]).toBe(hash?.hash);
    expect(await generations()).toMatchObject([
      { generation: "g1", undo: '{"kind":"images","file":"undo.csv.gz","hash":"sha256:1","rows":2}' },
    ]);
  });

  it("goes on top of an earlier load, and each keeps its own line", async () => {
    await target.load(upsert([part(["3,Li"])]));

    await target.load(upsert([part(["3,Lee"]), second(["5,Ada"])], { generation: "g2" }));

    expect(await generations()).toMatchObject([
      { generation: "g1", state: "live", rows_before: "3", inserted: "1", updated: "0", rows_after: "4" },
      { generation: "g2", state: "live", rows_before: "4", inserted: "1", updated: "1", rows_after: "5" },
    ]);
    expect(await target.standing("M-1", "people", "g1")).toMatchObject({ addedSince: 1, others: 1 });
  });

  it("of the very same rows again changes nothing and forgets nothing", async () => {
    await target.load(upsert([part(["2,Li", "3,Li"])]));
    const before = [await database.query("TABLE people"), await generations()];

    const again = await target.load(upsert([part(["2,Li", "3,Li"])], { keep: rejects }));

    expect(again.counts).toMatchObject({ inserted: 0, updated: 0, unchanged: 2 });
    expect([await database.query("TABLE people"), await generations()]).toEqual(before);
    expect(await leftInSchema()).toEqual([]);
  });

  it("again after somebody changed a row brings it back beside the first load", async () => {
    await target.load(upsert([part(["2,Li", "3,Li"])]));
    await database.query("UPDATE people SET name = 'by hand' WHERE id = 3");

    const again = await target.load(upsert([part(["2,Li", "3,Li"])]));

    expect(again.counts).toMatchObject({ updated: 1, unchanged: 1 });
    expect(await generations()).toMatchObject([
      { generation: "g1~1", inserted: "1" },
      { generation: "g1", inserted: "0", updated: "1" },
    ]);
  });

  it("changes nothing when the rows it changes cannot be kept", async () => {
    const keep = async () => {
      throw new Error("the disk is full");
    };

    const failed = await rejection(target.load(upsert([part(["2,Li"])], { keep })));

    expect(String(failed)).toContain("the disk is full");
    expect(await target.rowCount("people")).toBe(3);
    expect(await database.query("SELECT name FROM people WHERE id = 2")).toEqual([{ name: null }]);
    expect(await generations()).toMatchObject([{ state: "open" }]);
  });

  it("is refused with the count and the first of keys that stand twice, and leaves nothing behind", async () => {
    const refused = await rejection(target.load(upsert([part(["7,Li", "6,Li", "6,Noor"]), second(["7,Li"])])));

    expect(refused).toMatchObject({
      kind: "integrity",
      message: "people: 2 keys stand in more than one row, the first of them 6; nothing was written",
    });
    expect(await database.count("people")).toBe(3);
    expect(await generations()).toEqual([]);
    expect(await leftInSchema()).toEqual([]);
  });

  it("shows the hash of a key that is personal data", async () => {
    const refused = await rejection(target.load(upsert([part(["6,Li", "6,Noor"])], { hidesKey: true })));

    expect(refused).toMatchObject({ message: expect.stringMatching(/the first of them sha256:[0-9a-f]{16};/) });
  });

  it("is refused where a row has no key", async () => {
    const refused = await rejection(target.load(upsert([part(["\\N,Li"])])));

    expect(refused).toMatchObject({
      kind: "integrity",
      message: "people: 1 rows have no value in their key id; nothing was written",
    });
  });
});

async function rejects(): Promise<never> {
  throw new Error("nothing was to be kept");
}

describe("inserting into a table", () => {
  beforeEach(() => database.query("INSERT INTO people VALUES (5, 'there'), (6, 'too'), (100, 'not ours')"));

  it("adds the rows beside those of others", async () => {
    const outcome = await target.load(insert([part(["1,Amina"]), second(["2,Li"])]));

    expect(outcome.counts).toEqual({ before: 3, inserted: 2, updated: 0, unchanged: 0, quarantined: 0, after: 5 });
    expect(await database.count("people")).toBe(5);
  });

  it("refuses keys that are there already, naming the first, and writes nothing", async () => {
    const refused = await rejection(target.load(insert([part(["9,Li", "6,Li", "5,Li"])])));

    expect(refused).toMatchObject({
      kind: "integrity",
      message: "people: 2 of its keys are in public.people already, the first of them 5; nothing was written",
      hint: expect.stringContaining("mode: upsert"),
    });
    expect(await database.count("people")).toBe(3);
    expect(await leftInSchema()).toEqual([]);
  });

  it("a second time, when the ledger was lost, is refused naming the first key", async () => {
    await target.load(insert([part(["1,Amina", "2,Li"])]));
    await database.query("TRUNCATE waybill.loads, waybill.generations");

    const refused = await rejection(target.load(insert([part(["1,Amina", "2,Li"])])));

    expect(refused).toMatchObject({
      message: expect.stringContaining("2 of its keys are in public.people already, the first of them 1"),
    });
  });
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

  it("takes rows that refer to one another", async () => {
    await wide("id integer PRIMARY KEY, name integer REFERENCES people");

    await target.load(upsert([part(["1,2", "2,1"])]));

    expect(await database.count("people")).toBe(2);
  });

  it("takes columns only one, the key", async () => {
    await database.query("INSERT INTO people VALUES (1, 'Amina')");

    const outcome = await target.load(upsert([part(["1", "2"])], { columns: ["id"] }));

    expect(outcome.counts).toMatchObject({ inserted: 1, updated: 0, unchanged: 1 });
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
