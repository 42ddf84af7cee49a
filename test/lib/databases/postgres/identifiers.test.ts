import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../../../lib/databases/postgres/connection.js";
import {
  formatQualified,
  identifier,
  literal,
  parseQualified,
  qualified,
  sql,
} from "../../../../lib/databases/postgres/identifiers.js";
import { createDatabase, type TestDatabase } from "../../../support/postgres.js";
import { session } from "./load/loading.js";

let database: TestDatabase;
let connection: Connection;
beforeAll(async () => {
  database = await createDatabase();
  connection = await session(database);
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

const hostileCharacter = fc.constantFrom(
  '"',
  "'",
  "\\",
  ".",
  ";",
  "-",
  " ",
  "%",
  "$1",
  "\n",
  "é",
  "😀",
  "a",
  "A",
  "--",
);
const hostileText = fc.string({
  unit: fc.oneof(hostileCharacter, fc.string({ minLength: 1, maxLength: 1 })),
  maxLength: 20,
});
const text = hostileText.filter((value) => !value.includes("\0"));
const name = text.filter((value) => value !== "" && Buffer.byteLength(value) <= 63);

describe("identifiers and literals", () => {
  it("any name and any text come back from the server as they were sent", async () => {
    const property = fc.asyncProperty(name, name, text, async (table, column, value) => {
      await connection.execute(sql`CREATE TEMPORARY TABLE ${identifier(table)} (${identifier(column)} text)`);
      await connection.execute(sql`INSERT INTO ${identifier(table)} VALUES (${literal(value)})`);

      const rows = await connection.query(sql`SELECT ${identifier(column)} FROM pg_temp.${identifier(table)}`);
      await connection.execute(sql`DROP TABLE pg_temp.${identifier(table)}`);

      expect(Object.entries(rows[0] ?? {})).toEqual([[column, value]]);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it("schema and table survive being written as one name", () => {
    const property = fc.property(name, name, (schema, table) => {
      expect(parseQualified(formatQualified(schema, table))).toEqual({ schema, name: table });
    });
    fc.assert(property);
  });

  it("only a dot outside of quotes parts schema from table", () => {
    expect(qualified("relief.people")).toBe('"relief"."people"');
    expect(qualified('"odd.schema"."Odd ""Table"""')).toBe('"odd.schema"."Odd ""Table"""');
    expect(() => qualified("one.two.three")).toThrow("is not a table's name");
  });

  it("a name that PostgreSQL would cut off is refused", () => {
    expect(() => identifier("é".repeat(32))).toThrow("has 64 bytes; PostgreSQL keeps 63");
  });
});
