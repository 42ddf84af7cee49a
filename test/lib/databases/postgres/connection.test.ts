import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../../../lib/databases/postgres/connection.js";
import { literal, sql, trusted } from "../../../../lib/databases/postgres/identifiers.js";
import { StageError } from "../../../../lib/model/errors.js";
import { createDatabase, type TestDatabase } from "../../../support/postgres.js";
import { rejection, session } from "./load/loading.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase("CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, born date)");
});
afterAll(() => database.drop());

describe("a session", () => {
  it("gives every value as the server's own text", async () => {
    const connection = await session(database);

    const rows = await connection.query(
      sql`SELECT 9007199254740993 AS a, 1.10 AS b, true AS c, timestamptz '2024-01-01 00:00+02' AS d,
        '\\x00ff'::bytea AS e, 0.1::float8 AS f, NULL AS g, interval '1 day' AS h`,
    );

    await connection.close();
    expect(rows).toEqual([
      {
        a: "9007199254740993",
        b: "1.10",
        c: "t",
        d: "2023-12-31 22:00:00+00",
        e: "\\x00ff",
        f: "0.1",
        g: null,
        h: "1 day",
      },
    ]);
  });

  it("cannot write when it is read-only", async () => {
    const connection = await connect(database.url, { application: "waybill/test", readOnly: true });

    const error = await rejection(connection.execute(sql`DELETE FROM people`));

    await connection.close();
    expect(error).toMatchObject({ message: expect.stringContaining("read-only transaction") });
  });

  it("does not call a transaction committed that the server rolled back", async () => {
    const connection = await session(database);

    const error = await rejection(
      connection.transaction(() => connection.execute(sql`SELECT 1/0`).catch(() => undefined)),
    );

    await connection.close();
    expect(error).toMatchObject({ kind: "integrity", message: expect.stringContaining("rolled a transaction back") });
  });
});

describe("a database that is not reached", () => {
  it.each([
    ["postgres://someone:secret@localhost:1/relief", "cannot connect to localhost:1/relief"],
    ["postgres://someone:secret@nohost.invalid/relief", "cannot connect to nohost.invalid:5432/relief"],
  ])("is named without the password", async (url, message) => {
    const error = await rejection(connect(url, { application: "waybill/test" }));

    expect(error).toMatchObject({ kind: "unreachable", message: expect.stringContaining(message) });
    expect(shown(error)).not.toContain("secret");
  });

  it("a database that does not exist is named", async () => {
    const url = Object.assign(new URL(database.url), { pathname: "/nowhere" }).href;

    const error = await rejection(connect(url, { application: "waybill/test" }));

    expect(error).toMatchObject({ kind: "unreachable", hint: expect.stringContaining("create the database") });
  });

  it("a URL that cannot be read is not quoted", async () => {
    const error = await rejection(connect("postgres://someone:secret@[bad/x", { application: "waybill/test" }));

    expect(error).toMatchObject({ kind: "usage" });
    expect(shown(error)).not.toContain("secret");
  });
});

describe("an error of the server", () => {
  const statements = [
    "INSERT INTO people VALUES (1, NULL, '1980-01-01')",
    "INSERT INTO people VALUES (7, 'Fatima', NULL), (7, 'Fatima', NULL)",
    "SELECT convert_from(name::bytea, 'UTF8')::integer FROM (VALUES ('Fatima')) AS v(name)",
    "DO $$ BEGIN RAISE EXCEPTION 'row of % is odd', 'Fatima'; END $$",
  ];

  it.each(statements)("names the place and no value of the data", async (statement) => {
    const connection = await session(database);

    const error = await rejection(connection.execute(trusted(statement)));

    await connection.close();
    expect(error).toBeInstanceOf(StageError);
    expect(shown(error).replace(statement, "")).not.toMatch(/Fatima|1980/);
  });

  it("points at the word in the statement", async () => {
    const connection = await session(database);

    const error = await rejection(connection.query(sql`SELECT id,\n  nane FROM people`));

    await connection.close();
    expect(error).toMatchObject({
      kind: "specification",
      message: 'column "nane" does not exist (42703)\n    nane FROM people\n    ^',
      hint: 'Perhaps you meant to reference the column "people.name".',
    });
  });

  it("tells what to wait for from what is forbidden", async () => {
    const connection = await session(database);
    await database.query(
      `CREATE ROLE ${database.name}_reader; GRANT USAGE ON SCHEMA public TO ${database.name}_reader`,
    );

    const forbidden = await rejection(
      connection.transaction(async () => {
        await connection.execute(trusted(`SET LOCAL ROLE ${database.name}_reader`));
        await connection.query(sql`SELECT * FROM people`);
      }),
    );
    const temporary = await rejection(connection.execute(sql`DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$`));

    await database.query(`DROP OWNED BY ${database.name}_reader; DROP ROLE ${database.name}_reader`);
    await connection.close();
    expect(forbidden).toMatchObject({ kind: "forbidden" });
    expect(temporary).toMatchObject({ kind: "temporary" });
  });
});

describe("a connection that dies", () => {
  it("in the middle of reading rejects instead of hanging", async () => {
    const connection = await session(database);
    const copy = connection.copyTo(sql`COPY (SELECT repeat('x', 1000) FROM generate_series(1, 1000000)) TO STDOUT`);

    const error = await rejection(
      pipeline(copy, async (chunks) => {
        for await (const _ of chunks) {
          await terminate(connection);
          await sleep(1);
        }
      }),
    );

    expect(error).toMatchObject({ kind: "temporary" });
    await connection.close();
  });

  it("in the middle of writing rejects instead of hanging, and leaves nothing", async () => {
    const connection = await session(database);

    const error = await rejection(pipeline(Readable.from(endless()), connection.copyFrom(copyPeople)));

    expect(error).toMatchObject({ kind: "temporary" });
    await connection.close();
    expect(await database.count("people")).toBe(0);

    async function* endless() {
      for (let id = 0; ; id += 1) {
        if (id === 1000) await terminate(connection);
        yield `${id},${"x".repeat(1000)},\n`;
      }
    }
  });

  it("while idle is reported by the next statement", async () => {
    const connection = await session(database);
    await terminate(connection);
    await sleep(100);

    const error = await rejection(connection.query(sql`SELECT 1`));

    expect(error).toMatchObject({ kind: "temporary" });
    await connection.close();
  });

  it("because its reader gave up closes at once", async () => {
    const connection = await session(database);
    const copy = connection.copyTo(sql`COPY (SELECT * FROM generate_series(1, 10000000)) TO STDOUT`);

    const error = await rejection(
      pipeline(copy, async (chunks) => {
        for await (const _ of chunks) throw new Error("the disk is full");
      }),
    );

    expect(error).toMatchObject({ message: "the disk is full" });
    await connection.close();
  });
});

describe("COPY", () => {
  it("counts what it took, and the session goes on", async () => {
    const connection = await session(database);
    const copy = connection.copyFrom(copyPeople);

    await pipeline(Readable.from(["1,Amina,\n2,Li,1990-01-01\n"]), copy);

    expect(copy.rowCount).toBe(2);
    expect(await connection.execute(sql`DELETE FROM people`)).toBe(2);
    await connection.close();
  });

  it("names line and column of a bad value, not the value, and the session goes on", async () => {
    const connection = await session(database);
    const lines = ["1,Amina,\n", '2,"Li\nWei",1990-01-01\n', "3,Noor,31/02/1980\n", ...Array(50_000).fill("4,Kim,\n")];

    const error = await rejection(pipeline(Readable.from(lines), connection.copyFrom(copyPeople)));

    expect(error).toMatchObject({ message: expect.stringContaining("line 5 of the file, column born") });
    expect(shown(error)).not.toContain("1980");
    expect(await connection.query(sql`SELECT 1 AS one`)).toEqual([{ one: "1" }]);
    await connection.close();
  });

  it("passes on the error of the stream it was fed from, and the session goes on", async () => {
    const connection = await session(database);

    const error = await rejection(
      pipeline(
        Readable.from(
          (async function* () {
            yield "1,Amina,\n";
            throw new Error("part-00000.csv.gz is damaged");
          })(),
        ),
        connection.copyFrom(copyPeople),
      ),
    );

    expect(error).toMatchObject({ message: "part-00000.csv.gz is damaged" });
    expect(await connection.query(sql`SELECT count(*) AS rows FROM people`)).toEqual([{ rows: "0" }]);
    await connection.close();
  });
});

const copyPeople = sql`COPY people (id, name, born) FROM STDIN (FORMAT csv)`;

async function terminate(connection: Connection): Promise<void> {
  await database.query(`SELECT pg_terminate_backend(${literal(String(connection.processId))}::integer)`);
}

function shown(error: unknown): string {
  if (!(error instanceof StageError)) return String(error);
  return [error.message, error.hint, error.stack, String(error.cause)].join("\n");
}
