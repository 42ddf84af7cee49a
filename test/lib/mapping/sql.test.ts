import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identifier, literal, sql } from "../../../lib/mapping/sql.js";

let instance: DuckDBInstance;
beforeAll(async () => {
  instance = await DuckDBInstance.create(":memory:");
});
afterAll(() => instance.closeSync());

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("'", '"', "\\", "\0", ";", "-", "\n", "$", "a", "é", "\u{1f600}") }),
);

describe("quoting", () => {
  it("any text comes back from DuckDB as it went in", async () => {
    const connection = await instance.connect();

    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const reader = await connection.runAndReadAll(`SELECT ${literal(text)}, 'end'`);

        expect(reader.getRows()).toEqual([[text, "end"]]);
      }),
    );
  });

  it("any name without U+0000 can be a column", async () => {
    const connection = await instance.connect();

    await fc.assert(
      fc.asyncProperty(
        anyText.filter((text) => text !== "" && !text.includes("\0")),
        async (name) => {
          const reader = await connection.runAndReadAll(
            `SELECT t.${identifier(name)} FROM (SELECT 1 AS ${identifier(name)}) t`,
          );

          expect(reader.columnNames()).toEqual([name]);
        },
      ),
    );
  });

  it("null is a NULL of type text", async () => {
    const connection = await instance.connect();

    const reader = await connection.runAndReadAll(sql`SELECT typeof(${literal(null)}), ${literal(null)} IS NULL`);

    expect(reader.getRows()).toEqual([["VARCHAR", true]]);
  });

  it("a name with U+0000, which no database has, is a bug of the caller", () => {
    expect(() => identifier("a\0b")).toThrow(TypeError);
  });
});
