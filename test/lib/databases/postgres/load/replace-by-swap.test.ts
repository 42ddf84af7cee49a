import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import { identifier, sql } from "../../../../../lib/databases/postgres/identifiers.js";
import { snapshotOf } from "../../../../../lib/databases/postgres/load/table-snapshot.js";
import type { Aspect } from "../../../../../lib/databases/table-aspects.js";
import type { LoadOutcome, LoadRequest, Target } from "../../../../../lib/databases/target-port.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { part, people, rejection, session } from "./loading.js";
import { oddColumns, oddName, oddTable } from "./odd-table.js";

let database: TestDatabase;
let target: Target;
beforeEach(async () => {
  database = await createDatabase("CREATE TABLE people (id integer PRIMARY KEY, name text)");
  target = await openTarget(database.url, { application: "waybill/test" });
  await target.ensureLedger();
});
afterEach(async () => {
  await target.close();
  await database.drop();
});

const first = part(["1,Amina", "2,\\N"]);
const second = part(["3,Li"], { name: "part-00001.csv.gz" });

/** Loads as the stage does: what must stand aside does, and comes back. */
async function load(request: LoadRequest): Promise<LoadOutcome> {
  const { way, aside } = await target.chooseWay(request);
  if (aside !== undefined) await target.saveAndDrop(request.migration, [{ table: request.table, which: aside }]);
  const outcome = await target.load({ ...request, way });
  await target.rebuildIndexes(request.migration, request.table);
  await target.afterLoad(request.table, request.rowCount);
  await target.restore(request.migration);
  return outcome;
}

async function catalogOf(table: string): Promise<readonly Aspect[]> {
  const [found] = await database.query(`SELECT '${table.replaceAll("'", "''")}'::regclass::oid AS oid`);
  const connection = await session(database);
  const snapshot = await connection.transaction(() => snapshotOf(connection, found?.oid ?? ""));
  await connection.close();
  return snapshot;
}

const keptTables = () =>
  database.query("SELECT relname FROM pg_class WHERE relname ~ '^(next|previous|arriving)_' ORDER BY 1");

describe("replacing a table by another", () => {
  it("loads all parts, keeps the rows that were there, and of those only the last", async () => {
    const outcomes = [
      await load(people([first])),
      await load(people([second], { generation: "g2" })),
      await load(people([first, second], { generation: "g3" })),
    ];

    expect(outcomes).toMatchObject([
      { way: "swap", counts: { before: 0, inserted: 2, after: 2 } },
      { way: "swap", counts: { before: 2, inserted: 1, after: 1 } },
      { way: "swap", counts: { before: 1, inserted: 3, after: 3 } },
    ]);
    expect(await database.query("SELECT * FROM people ORDER BY id")).toEqual([
      { id: "1", name: "Amina" },
      { id: "2", name: null },
      { id: "3", name: "Li" },
    ]);
    const [kept, ...others] = await keptTables();
    expect(others).toEqual([]);
    expect(await database.query(`SELECT * FROM waybill.${kept?.relname}`)).toEqual([{ id: "3", name: "Li" }]);
    expect(
      await database.query(
        "SELECT generation, state, undo ->> 'kind' AS undo FROM waybill.generations ORDER BY number",
      ),
    ).toEqual([
      { generation: "g2", state: "replaced", undo: "previous table" },
      { generation: "g3", state: "live", undo: "previous table" },
    ]);
  });

  it("keeps nothing where there was nothing", async () => {
    await load(people([first]));

    expect(await keptTables()).toEqual([]);
    expect(await database.query("SELECT undo FROM waybill.generations")).toEqual([{ undo: '{"kind":"empty"}' }]);
  });

  it("leaves the catalog as it was, whatever hangs on the table", async () => {
    await database.query(oddTable);
    const before = await catalogOf(oddName);
    const odd = { table: oddName, columns: oddColumns, key: ["id"] };

    const way = await target.chooseWay(people([], odd));
    await load(people([part(["1,b,10,{1}", "2,c,11,{}"])], odd));
    const after = await catalogOf(oddName);
    await load(people([part(["5,b,10,{1}", "6,c,11,{}", "7,d,10,{}"])], { ...odd, generation: "g2" }));

    expect(way).toEqual({ way: "swap", because: undefined, aside: "foreign keys" });
    expect(after).toEqual(before);
    expect(await catalogOf(oddName)).toEqual(before);
    expect(before.length).toBeGreaterThan(50);
    expect(await database.query(`SELECT id, "select", number FROM ${oddName} ORDER BY id`)).toEqual([
      { id: "5", select: "b", number: "3" },
      { id: "6", select: "c", number: "4" },
      { id: "7", select: "d", number: "5" },
    ]);
  });
});

describe("a table that cannot be replaced by another", () => {
  it.each([
    ["CREATE VIEW grown AS SELECT id FROM people", "view public.grown"],
    ["CREATE MATERIALIZED VIEW grown AS SELECT id FROM people", "materialized view public.grown"],
    ["CREATE TABLE aid (person integer REFERENCES people)", "foreign key aid_person_fkey of public.aid"],
    ["CREATE FUNCTION f(people) RETURNS text LANGUAGE sql AS 'SELECT $1.name'", "function public.f(public.people)"],
    ["CREATE TABLE pairs (a people)", "column a of table public.pairs"],
    ["CREATE PUBLICATION feed FOR TABLE people", "publication feed"],
    ["CREATE RULE r AS ON DELETE TO people DO INSTEAD NOTHING; ALTER TABLE people DISABLE RULE r", "rule r"],
    ["CREATE TABLE more () INHERITS (people)", "it inherits, or is inherited from"],
    ["ALTER TABLE people ADD CONSTRAINT sane CHECK (id > 0) NOT VALID", "constraint sane is not validated"],
    [
      "CREATE POLICY p ON people; CREATE TABLE t (); CREATE POLICY other ON t USING (EXISTS (SELECT FROM people))",
      "policy other on table public.t",
    ],
  ])("is filled in place, and it says why: %s", async (change, because) => {
    await database.query(change);

    expect(await target.chooseWay(people([]))).toEqual({ way: "in place", because, aside: "all" });
  });

  it("is still so when another's foreign key stands aside since a run was cut off", async () => {
    await database.query("CREATE TABLE aid (person integer REFERENCES people)");
    await target.saveAndDrop("M-1", [{ table: "people", which: "all" }]);

    const chosen = await target.chooseWay(people([]));

    expect(chosen).toMatchObject({ way: "in place", because: "foreign key aid_person_fkey of public.aid" });
  });

  it("is one that the specification wants filled in place, or whose triggers are to run", async () => {
    await database.query(`CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER watching BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION watch()`);

    expect(await target.chooseWay(people([], { inPlace: true }))).toMatchObject({ way: "in place" });
    expect(await target.chooseWay(people([], { triggers: "keep" }))).toMatchObject({ way: "in place" });
    expect(await target.chooseWay(people([]))).toMatchObject({ way: "swap" });
  });
});

describe("a replacement that fails or is cut off", () => {
  it("changes nothing and leaves nothing when the rows contradict a key", async () => {
    await load(people([first]));
    const before = await catalogOf("people");

    const error = await rejection(load(people([second, part(["3,Noor"])], { generation: "g2" })));

    expect(error).toMatchObject({
      kind: "integrity",
      message: expect.stringContaining("contradict the constraint people_pkey (23505)"),
    });
    expect(await database.query("SELECT id FROM people ORDER BY id")).toEqual([{ id: "1" }, { id: "2" }]);
    expect(await catalogOf("people")).toEqual(before);
    expect(await keptTables()).toEqual([]);
    expect(await database.count("waybill.generations")).toBe(1);
  });

  it("goes on with the parts that arrived", async () => {
    const gone = part([], { ...second, open: () => Readable.from(broken()) });
    await rejection(load(people([first, gone], { jobs: 1 })));
    const untouched = part([], { ...first, open: () => Readable.from(broken()) });

    const outcome = await load(people([untouched, second]));

    expect(outcome.counts).toMatchObject({ inserted: 3 });
    expect(await database.count("people")).toBe(3);
  });

  it("is refused, again and again, where a part that arrived has other content now", async () => {
    const gone = part([], { ...second, open: () => Readable.from(broken()) });
    await rejection(load(people([first, gone], { jobs: 1 })));
    const other = people([{ ...first, hash: "sha256:1" }, second]);

    const errors = [await rejection(load(other)), await rejection(load(other))];

    const refused = {
      kind: "integrity",
      message: expect.stringContaining("has arrived in the target with other content"),
    };
    expect(errors).toMatchObject([refused, refused]);
    expect(await database.count("people")).toBe(0);
  });

  it("starts over where the table was altered while its rows arrived", async () => {
    const altering = async () => {
      await database.query("ALTER TABLE people ADD COLUMN IF NOT EXISTS seen date DEFAULT '2024-01-01'");
      return first.open();
    };

    const error = await rejection(load(people([{ ...first, open: altering }])));
    await load(people([first]));

    expect(error).toMatchObject({ kind: "temporary", message: "public.people was altered while its rows arrived" });
    expect(await database.query("SELECT DISTINCT seen FROM people")).toEqual([{ seen: "2024-01-01" }]);
  });
});

describe("whoever reads the table meanwhile", () => {
  it("sees the old rows or the new, never none", async () => {
    await load(people([first]));
    const seen = new Set<number>();
    let over = false;
    const watching = (async () => {
      while (!over) seen.add(await database.count("people"));
    })();

    for (let round = 0; round < 3; round += 1) {
      await load(people([first, second], { generation: `more ${round}` }));
      await load(people([first], { generation: `fewer ${round}` }));
    }
    over = true;
    await watching;

    expect([...seen].sort()).toEqual([2, 3]);
  });

  it.each(["people", "parted"])("in a transaction that began before sees whole rows, old or new: %s", async (table) => {
    await database.query(
      "CREATE TABLE parted (id int, name text) PARTITION BY RANGE (id); CREATE TABLE rest PARTITION OF parted DEFAULT",
    );
    await load(people([first], { table }));
    const reader = await session(database, "a report");
    await reader.execute(sql`BEGIN ISOLATION LEVEL REPEATABLE READ`);
    await reader.query(sql`SELECT 1`);
    let over = false;

    const loading = load(people([first, second], { table, generation: "g2" })).finally(() => {
      over = true;
    });
    await Promise.race([loading, new Promise((resolve) => setTimeout(resolve, 1500))]);
    const waited = !over;
    const [seen] = await reader.query<{ count: string }>(sql`SELECT count(*) AS count FROM ${identifier(table)}`);
    await reader.execute(sql`COMMIT`);
    await loading;

    expect([waited, seen?.count]).toEqual([table === "people", "2"]);
    expect(await database.count(table)).toBe(3);
    await reader.close();
  });
});

describe("numbers and names", () => {
  it("that an identity gave are not given again", async () => {
    await database.query("ALTER TABLE people ALTER id ADD GENERATED BY DEFAULT AS IDENTITY");
    const named = (lines: readonly string[], generation: string) =>
      people([part(lines)], { columns: ["name"], generation });

    await load(named(["Amina", "Li"], "g1"));
    await load(named(["Noor"], "g2"));

    expect(await database.query("SELECT * FROM people")).toEqual([{ id: "3", name: "Noor" }]);
  });

  it.each([
    ["63 bytes long", `"${"ü".repeat(31)}x"`, ""],
    ["reserved", '"select"."order"', 'CREATE SCHEMA "select"'],
    ["of a table of ours", "other.loads", "CREATE SCHEMA other"],
    ["in quotes", `"it's"."a ""b"" %s"`, `CREATE SCHEMA "it's"`],
  ])("are carried: %s", async (_, table, schema) => {
    await database.query(
      `${schema}; CREATE UNLOGGED TABLE ${table} (id serial PRIMARY KEY, name text UNIQUE, CHECK (id > 0))`,
    );
    const before = await catalogOf(table);

    await load(people([first], { table }));
    const outcome = await load(people([first, second], { table, generation: "g2" }));

    expect(outcome).toMatchObject({ way: "swap", counts: { inserted: 3 } });
    expect(await catalogOf(table)).toEqual(before);
  });
});

async function* broken(): AsyncGenerator<string> {
  yield "3,Noor\n";
  throw new Error("the disk is gone");
}
