import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../../../../lib/databases/postgres/connection.js";
import { identifier, sql } from "../../../../../lib/databases/postgres/identifiers.js";
import { linesOf, standing } from "../../../../../lib/databases/postgres/load/generations.js";
import { previousTable } from "../../../../../lib/databases/postgres/load/kept-tables.js";
import { replaceInPlace } from "../../../../../lib/databases/postgres/load/replace-in-place.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { part, people, rejection, session } from "./loading.js";

let database: TestDatabase;
let connection: Connection;
beforeEach(async () => {
  database = await createDatabase("CREATE TABLE people (id integer PRIMARY KEY, name text)");
  connection = await session(database);
});
afterEach(async () => {
  await connection.close();
  await database.drop();
});

const noCounts = { before: 0, inserted: 0, updated: 0, unchanged: 0, quarantined: 0, after: 0 };
const ours = { migration: "M-1", table: "public.people", generation: "g1" };
const twoParts = [part(["1,Amina", "2,\\N"]), part(['3,"\\N"', "4,"], { name: "part-00001.csv.gz" })];

describe("replacing a table", () => {
  it("loads every part, keeps NULL, empty and \\N apart, and writes the ledger", async () => {
    const outcome = await replaceInPlace(connection, people(twoParts));

    expect(outcome).toEqual({ way: "in place", counts: { ...noCounts, inserted: 4, after: 4 }, warnings: [] });
    expect(await database.query("SELECT * FROM people ORDER BY id")).toEqual([
      { id: "1", name: "Amina" },
      { id: "2", name: null },
      { id: "3", name: "\\N" },
      { id: "4", name: "" },
    ]);
    expect(await linesOf(connection, ours)).toEqual([
      { generation: "g1", part: "part-00000.csv.gz", hash: "sha256:0", rowCount: 2 },
      { generation: "g1", part: "part-00001.csv.gz", hash: "sha256:0", rowCount: 2 },
    ]);
  });

  it("replaces what this migration loaded before", async () => {
    await replaceInPlace(connection, people(twoParts));

    const outcome = await replaceInPlace(connection, people([part(["9,Li"])], { generation: "g2" }));

    expect(outcome.counts).toMatchObject({ before: 4, inserted: 1, after: 1 });
    const now = await standing(connection, { ...ours, generation: "g2" });
    expect(now).toMatchObject({ generation: { state: "live" }, lines: [{ rowCount: 1 }], others: 0 });
    expect(await standing(connection, ours)).toMatchObject({ generation: { state: "replaced" }, others: 1 });
  });

  it("keeps the rows that were there, of the last load only", async () => {
    const kept = () =>
      database.query(
        "SELECT generation, undo ->> 'kind' AS kind, undo ->> 'table' AS kept FROM waybill.generations ORDER BY number",
      );
    await replaceInPlace(connection, people(twoParts));
    const first = await kept();

    await replaceInPlace(connection, people([part(["9,Li"])], { generation: "g2" }));

    const name = previousTable("public.people");
    expect(first).toEqual([{ generation: "g1", kind: "empty", kept: null }]);
    expect((await kept()).at(-1)).toEqual({ generation: "g2", kind: "previous table", kept: name });
    expect(await database.query(`SELECT name FROM ${name} ORDER BY id`)).toHaveLength(4);
    await replaceInPlace(connection, people([], { generation: "g3" }));
    expect(await database.query(`SELECT * FROM ${name}`)).toEqual([{ id: "9", name: "Li" }]);
  });

  it("by the very generation that is there leaves the lines of the earlier load as they were", async () => {
    await replaceInPlace(connection, people(twoParts));

    await replaceInPlace(connection, people(twoParts));

    expect(await linesOf(connection, ours)).toHaveLength(2);
    expect(await standing(connection, { ...ours, generation: "g1~1" })).toMatchObject({
      generation: { state: "replaced", counts: { inserted: 4 } },
      lines: [{ rowCount: 2 }, { rowCount: 2 }],
    });
  });

  it("refuses rows that no run of ours wrote, unless confirmed", async () => {
    await replaceInPlace(connection, people(twoParts));
    await database.query("INSERT INTO people VALUES (100, 'not ours')");

    const refused = await rejection(replaceInPlace(connection, people([part([])])));

    expect(refused).toMatchObject({
      kind: "integrity",
      message: "public.people holds 5 rows, but M-1 loaded 4 of them",
      hint: expect.stringContaining("--confirm M-1"),
    });
    expect(await database.count("people")).toBe(5);
    await replaceInPlace(connection, people([part([])], { confirmed: true }));
    expect(await database.count("people")).toBe(0);
  });

  it("refuses rows that another migration wrote", async () => {
    await replaceInPlace(connection, people(twoParts));

    const refused = await rejection(replaceInPlace(connection, people(twoParts, { migration: "M-2" })));

    expect(refused).toMatchObject({ message: "public.people holds 4 rows, but M-2 loaded 0 of them" });
  });

  it("rolls back when a part holds fewer rows than its manifest promises", async () => {
    await replaceInPlace(connection, people([part(["7,Noor"])]));

    const refused = await rejection(replaceInPlace(connection, people([part(["1,Amina"], { rowCount: 2 })])));

    expect(refused).toMatchObject({
      kind: "integrity",
      message: expect.stringContaining("promises 2 rows in part-00000.csv.gz, the target took 1"),
    });
    expect(await database.query("SELECT * FROM people")).toEqual([{ id: "7", name: "Noor" }]);
    expect(await linesOf(connection, ours)).toMatchObject([{ rowCount: 1 }]);
  });

  it("leaves everything as it was when the connection is killed in the middle of COPY", async () => {
    await replaceInPlace(connection, people([part(["7,Noor"])]));
    const victim = await session(database);
    const dying = part([], { rowCount: 1000, open: () => Readable.from(killing(victim.processId)) });

    const error = await rejection(replaceInPlace(victim, people([dying])));

    expect(error).toMatchObject({ kind: "temporary" });
    await victim.close();
    expect(await database.query("SELECT * FROM people")).toEqual([{ id: "7", name: "Noor" }]);
    expect(await linesOf(connection, ours)).toMatchObject([{ rowCount: 1 }]);
  });

  it("names part, line and column of a value the target does not take", async () => {
    const error = await rejection(replaceInPlace(connection, people([part(["1,Amina", "secret,Li"])])));

    expect(error).toMatchObject({
      kind: "integrity",
      message: expect.stringMatching(/^people, part-00000\.csv\.gz: .*, line 3 of the file, column id$/),
    });
    expect(String(error)).not.toContain("secret");
  });

  it("deletes where a foreign key from another table forbids to truncate", async () => {
    await database.query("CREATE TABLE aid (person integer REFERENCES people)");

    await replaceInPlace(connection, people(twoParts));
    await replaceInPlace(connection, people([part(["1,Amina"])]));

    expect(await database.count("people")).toBe(1);
  });

  it("loads partitioned tables, identities GENERATED ALWAYS and hostile names", async () => {
    await database.query(
      `CREATE SCHEMA "odd.schema"; CREATE TABLE "odd.schema"."Odd ""Table""" ("a b" int GENERATED ALWAYS AS IDENTITY,
        "C" text) PARTITION BY RANGE ("a b"); CREATE TABLE rest PARTITION OF "odd.schema"."Odd ""Table""" DEFAULT`,
    );
    const odd = { table: '"odd.schema"."Odd ""Table"""', columns: ["a b", "C"] };

    await replaceInPlace(connection, people(twoParts, odd));

    expect(await database.count("rest")).toBe(4);
  });
});

describe("a table that would not take the rows as they are", () => {
  it.each([
    ["CREATE RULE hush AS ON INSERT TO people DO INSTEAD NOTHING", "has rules that alter what is written: hush"],
    ["ALTER TABLE people DROP name, ADD name text GENERATED ALWAYS AS ('x') STORED", "is computed by the database"],
    ["ALTER TABLE people DROP name", "has no column name"],
    ["ALTER TABLE people RENAME TO people_table; CREATE VIEW people AS TABLE people_table", "is a view"],
  ])("is refused: %s", async (change, message) => {
    await database.query(change);

    const error = await rejection(replaceInPlace(connection, people(twoParts)));

    expect(error).toMatchObject({ message: expect.stringContaining(message) });
  });

  it("is refused when row security would hide or stop rows", async () => {
    const role = `${database.name}_loader`;
    await database.query(`CREATE ROLE ${role}; GRANT ALL ON SCHEMA public TO ${role};
      GRANT CREATE ON DATABASE ${database.name} TO ${role}; ALTER TABLE people OWNER TO ${role};
      ALTER TABLE people ENABLE ROW LEVEL SECURITY; ALTER TABLE people FORCE ROW LEVEL SECURITY`);
    await connection.execute(sql`SET ROLE ${identifier(role)}`);

    const error = await rejection(replaceInPlace(connection, people(twoParts)));

    await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    expect(error).toMatchObject({ kind: "forbidden", message: expect.stringContaining("row-level security") });
  });

  it("is loaded while triggers of the users stand aside; told to run, with a warning, and refused when they hold rows back", async () => {
    await database.query(`CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN IF NEW.id = 4 THEN RETURN NULL; END IF; RETURN NEW; END';
      CREATE TRIGGER watching BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION watch()`);

    const aside = await replaceInPlace(connection, people(twoParts));
    const held = await database.query("SELECT tgenabled FROM pg_trigger WHERE tgname = 'watching'");
    const outcome = await replaceInPlace(connection, people([part(["1,Amina"])], { triggers: "keep" }));
    const refused = await rejection(replaceInPlace(connection, people(twoParts, { triggers: "keep" })));

    expect(aside).toMatchObject({ counts: { inserted: 4 }, warnings: [] });
    expect(held).toEqual([{ tgenabled: "O" }]);

    expect(outcome.warnings).toEqual(["public.people: triggers ran for the rows that were written: watching"]);
    expect(refused).toMatchObject({ message: expect.stringContaining("promises 2 rows in part-00001.csv.gz") });
    expect(await database.count("people")).toBe(1);
  });
});

async function* killing(processId: number) {
  yield "1,Amina\n";
  await database.query(`SELECT pg_terminate_backend(${processId})`);
  for (let id = 2; id <= 1000; id += 1) yield `${id},${"x".repeat(1000)}\n`;
}
