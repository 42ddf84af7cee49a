import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Checks } from "../../../lib/databases/checks-port.js";
import { openChecks } from "../../../lib/databases/open-checks.js";
import type { Table } from "../../../lib/mapping/migration.js";
import { compareSample, howCompared } from "../../../stages/validate/compare-table.js";
import { checkExpectations } from "../../../stages/validate/expectations.js";
import { part } from "../../lib/databases/postgres/load/loading.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { createFolder } from "../../support/work.js";
import {
  type Asked,
  comparePeople,
  compareStated,
  type Outcome,
  type People,
  type Row,
  writePeople,
} from "./comparing.js";
import { findAlike } from "./found-alike.js";

const columns: Readonly<Record<string, string>> = {
  id: "integer PRIMARY KEY",
  name: "text",
  short: "varchar(40)",
  code: "char(5)",
  price: "numeric(10,2)",
  share: "numeric",
  open: "boolean",
  born: "date",
  at: "time",
  noted: "timestamp",
  seen: "timestamptz",
  mark: "uuid",
  bytes: "bytea",
  mood: "mood",
};
const names = Object.keys(columns);

// As a file may hold them: 1.5 for 1.50, another zone, t for true, upper-case digits.
function rowOf(id: number): Row {
  if (id % 10 === 9) return [String(id), ...names.slice(1).map(() => null)];
  return [
    String(id),
    id % 10 === 8 ? "" : `person |${id}`,
    `${id % 10 === 7 ? "\uFEFF" : ""}n, "${id}"`,
    `c${id % 7}`,
    `${id}.5`,
    `${id}.250`,
    id % 2 === 0 ? "t" : "f",
    `2024-01-${String((id % 28) + 1).padStart(2, "0")}`,
    "08:00:00.500",
    "2024-01-31T08:00:00",
    `2024-01-31 ${String(id % 24).padStart(2, "0")}:30:00+05:30`,
    `A0EEBC99-9C0B-4EF8-BB6D-6BB9BD38${String(id).padStart(4, "0")}`,
    `\\xDEAD${String(id % 100).padStart(2, "0")}`,
    id % 3 === 0 ? "sad" : "happy|",
  ];
}

const rows = Array.from({ length: 600 }, (_, index) => rowOf(index + 1));

let database: TestDatabase;
let checks: Checks;
let folder: Awaited<ReturnType<typeof createFolder>>;
let people: People;
beforeAll(async () => {
  folder = await createFolder();
  const definition = names.map((name) => `${name} ${columns[name]}`).join();
  const values = rows.map((row) => `(${row.map(literal).join()})`).join();
  database = await createDatabase(`SET TimeZone = 'UTC'; CREATE TYPE mood AS ENUM ('happy|', 'sad');
    CREATE TABLE people (${definition}); INSERT INTO people VALUES ${values};
    CREATE TABLE original AS TABLE people`);
  checks = await openChecks(database.url, { application: "waybill/test" });
  people = await writePeople(folder.folder, names, rows);
});
afterAll(async () => {
  await checks.close();
  await database.drop();
  await folder.remove();
});
beforeEach(() => database.query("DELETE FROM people; INSERT INTO people SELECT * FROM original"));

const literal = (value: string | null): string => (value === null ? "NULL" : `'${value.replaceAll("'", "''")}'`);

interface AskedAs extends Asked {
  readonly as?: Checks;
}

const compare = ({ as = checks, ...asked }: AskedAs): Promise<Outcome> => comparePeople(as, people, asked);

const mutations: Readonly<Record<string, string>> = {
  "one digit": "UPDATE people SET price = price + 0.01 WHERE id = 77",
  "one digit of a number without a scale": "UPDATE people SET share = share + 0.0000001 WHERE id = 77",
  "one blank": "UPDATE people SET name = name || ' ' WHERE id = 300",
  "a mark of byte order that got lost": "UPDATE people SET short = substr(short, 2) WHERE id = 7",
  "upper case": "UPDATE people SET short = upper(short) WHERE id = 5",
  "a blank before a padded text": "UPDATE people SET code = ' ' || left(code, 4) WHERE id = 6",
  "true for false": "UPDATE people SET open = NOT open WHERE id = 1",
  "the next day": "UPDATE people SET born = born + 1 WHERE id = 2",
  "half a second": "UPDATE people SET at = '08:00:00' WHERE id = 3",
  "a microsecond": "UPDATE people SET noted = noted + interval '1 microsecond' WHERE id = 4",
  "an hour, in an instant": "UPDATE people SET seen = seen + interval '1 hour' WHERE id = 5",
  "a digit of a UUID": "UPDATE people SET mark = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd389999' WHERE id = 6",
  "a byte": "UPDATE people SET bytes = '\\xdeae00' WHERE id = 7",
  "another word": "UPDATE people SET mood = 'sad' WHERE id = 1",
  "NULL that became an empty text": "UPDATE people SET name = '' WHERE id = 9",
  "an empty text that became NULL": "UPDATE people SET name = NULL WHERE id = 8",
  "a NULL in every column": "UPDATE people SET price = NULL, born = NULL, open = NULL, mark = NULL WHERE id = 10",
  "two rows with each other's values":
    "UPDATE people SET name = (SELECT o.name FROM original o WHERE o.id = 33 - people.id) WHERE id IN (11, 22)",
  "a missing row": "DELETE FROM people WHERE id = 600",
  "an extra row": "INSERT INTO people (id, name) VALUES (0, NULL)",
  "a hundred rows": "UPDATE people SET name = 'x', price = -price WHERE id % 6 = 0",
  "another key": "UPDATE people SET id = 10001 WHERE id = 12",
  "no row at all": "DELETE FROM people",
};

describe("comparing by the checksums of buckets", () => {
  findAlike({ query: (sql) => database.query(sql), compare, mutations, dropKey: "DROP CONSTRAINT people_pkey" });

  it("reads no file where the manifest states the very sum of the target", async () => {
    const some = ["id", "name", "price", "noted"];
    const found = await database.query(`SELECT ${some.join()} FROM people`);

    const compared = await compareStated(
      checks,
      some,
      found.map((row) => some.map((name) => row[name] ?? null)),
    );

    expect(compared).toMatchObject({ level: "buckets", expected: 600, equal: 600, extra: 0 });
  });

  it("reads no file either where all of them spell values otherwise, and alike", async () => {
    const some = ["id", "price", "open", "noted"];
    const spelled = rows.map(([id = null, , , , price = null, , open = null, , , noted = null]) => {
      const word = open === null ? null : open === "t" ? "true" : "false";
      return [id, price, word, noted?.replace("T", " ") ?? null];
    });

    const compared = await compareStated(checks, some, spelled);

    expect(compared).toMatchObject({ level: "buckets", expected: 600, equal: 600, extra: 0 });
  });

  it("finds no difference where the files only spell values otherwise, and after VACUUM FULL", async () => {
    await database.query("UPDATE people SET share = share * 1.000, seen = seen AT TIME ZONE 'UTC' AT TIME ZONE 'UTC'");
    await database.query("VACUUM FULL people");

    const { compared, lines } = await compare({ level: "buckets" });

    expect(compared).toMatchObject({ level: "buckets", expected: 600, actual: 600, equal: 600, pairedBy: ["id"] });
    expect(lines).toBe("");
    expect(howCompared(compared)).toEqual(["by checksums of all rows, which the target computed"]);
  });
});

describe("where the usual way is not open", () => {
  it("compares row by row, and says why, beside rows of others and with a type of no proven form", async () => {
    await database.query("ALTER TABLE people ALTER share TYPE double precision");

    const among = await compare({ level: "buckets", allRows: false });
    const float = await compare({ level: "buckets" });
    await database.query("ALTER TABLE people ALTER share TYPE numeric");

    expect(howCompared(among.compared)).toEqual(["compared row by row: rows of others may stand beside these"]);
    expect(howCompared(float.compared)).toEqual([
      "compared row by row: no checksum is proven for share (double precision)",
    ]);
    expect(float.compared).toMatchObject({ level: "rows", equal: 600 });
  });

  it("needs no temporary table, for a role that may make none", async () => {
    const { compared, lines } = await withReader(async (as) => {
      await database.query("UPDATE people SET name = 'other' WHERE id = 44");
      return await compare({ level: "auto", as });
    });

    expect(compared).toMatchObject({ level: "buckets", changed: 1, equal: 599, columns: { name: 1 } });
    expect(lines).toBe("changed,44,name,person |44,other\n");
  });

  it("compares a small sample for such a role too, of any type", async () => {
    await database.query(`DROP TABLE IF EXISTS facts; CREATE TABLE facts (id integer PRIMARY KEY, fact jsonb, list integer[], ratio float8);
      INSERT INTO facts VALUES (1, '{"b":2,"a":1}', '{1,2}', 1.5), (2, 'null', NULL, 'NaN')`);
    const lines = ['1,"{""a"":1,""b"":2}","{1,2}",1.50', "2,null,\\N,NaN"];
    const request = {
      table: "facts",
      columns: ["id", "fact", "list", "ratio"],
      key: undefined,
      allRows: true,
      parts: [],
    };

    const found = await withReader((as) =>
      as.checkTable(request, async (checked) => await compareSample(checked, part(lines))),
    );

    expect(found).toMatchObject({ of: "sample", expected: 2, equal: 2, missing: 0, changed: 0 });
  });

  it("skips aggregates of rows that cannot be brought in, unless the checksums of all rows are equal", async () => {
    const aggregate = { group: ["code"], measures: [{ measure: "sum", column: "price" }], severity: "error" } as const;
    const table = { expect: { tests: [], aggregates: [aggregate] }, relationships: [] } as unknown as Table;
    const request = { table: "people", columns: names, key: undefined, allRows: true, parts: [] };
    const ask = (as: Checks, implied: string | undefined) =>
      as.checkTable(request, (checked) => checkExpectations(table, checked, implied));

    const [open, implied] = await withReader(async (as) => [await ask(as, undefined), await ask(as, "it follows")]);

    expect(open?.checks).toMatchObject([{ verdict: "skipped", note: expect.stringContaining("no temporary tables") }]);
    expect(implied?.checks).toMatchObject([{ verdict: "passed", note: "it follows" }]);
  });

  it("compares row by row where such a role meets such a type, and few rows differ or are spelled otherwise", async () => {
    await database.query(
      "ALTER TABLE people ALTER share TYPE double precision; UPDATE people SET share = 0 WHERE id = 2",
    );

    const { compared, lines } = await withReader((as) => compare({ level: "auto", as }));
    await database.query("ALTER TABLE people ALTER share TYPE numeric");

    expect(compared).toMatchObject({ level: "rows", equal: 599, changed: 1, pairedBy: ["id"] });
    expect(lines).toBe("changed,2,share,2.25,0\n");
  });
});

// TEMPORARY is everybody's until it is taken from PUBLIC.
async function withReader<Result>(work: (checks: Checks) => Promise<Result>): Promise<Result> {
  const role = `reader${database.name.slice(5)}`;
  await database.query(`REVOKE ALL ON DATABASE ${database.name} FROM PUBLIC; CREATE ROLE ${role} LOGIN;
    GRANT CONNECT ON DATABASE ${database.name} TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
  const reader = await openChecks(Object.assign(new URL(database.url), { username: role }).href, {
    application: "waybill/test",
  });
  try {
    return await work(reader);
  } finally {
    await reader.close();
    await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
}
