import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { expect, it } from "vitest";
import { literal } from "../../../lib/mapping/sql.js";
import { keyName, migrationNamespace, uuid5, uuid5Sql } from "../../../lib/mapping/uuid5.js";

const dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

it("uuid5 gives the example of RFC 9562, appendix A.4", () => {
  expect(uuid5(dns, "www.example.com")).toBe("2ed6657d-e927-568b-95e1-2665a8aea6a2");
});

it("the namespace of a migration never changes", () => {
  expect(migrationNamespace("MIG-2024-001")).toBe("86173add-6fa5-5754-91f1-bc94f214bb6f");
});

it("a key's name tells values apart that a plain joint would mix up", () => {
  expect(keyName("beneficiaries", ["42"])).toBe("beneficiaries:2:42");
  expect(keyName("t", ["a:b", "c"])).not.toBe(keyName("t", ["a", "b:c"]));
});

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("a", ":", "1", "é", "'", "\0") }),
);

it("the SQL makes the UUID that the function makes, for any table and values", async () => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();

  await fc.assert(
    fc.asyncProperty(text, fc.array(text, { minLength: 1, maxLength: 3 }), async (table, values) => {
      const names = values.map((_, index) => `c ${index}`);
      const source = values.map((value, index) => `${literal(value)} AS "${names[index]}"`).join(", ");

      const reader = await connection.runAndReadAll(`SELECT ${uuid5Sql(dns, table, names)} FROM (SELECT ${source})`);

      expect(reader.getRows()).toEqual([[uuid5(dns, keyName(table, values))]]);
    }),
    { numRuns: 100 },
  );
  instance.closeSync();
});

it("the SQL gives NULL where one of the columns is NULL", async () => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();

  const reader = await connection.runAndReadAll(
    `SELECT ${uuid5Sql(dns, "t", ["a", "b"])} IS NULL FROM (SELECT 'x' AS a, CAST(NULL AS VARCHAR) AS b)`,
  );

  expect(reader.getRows()).toEqual([[true]]);
  instance.closeSync();
});
