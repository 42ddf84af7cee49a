import { afterAll, beforeAll, expect, it } from "vitest";
import type { Connection } from "../../../../lib/databases/postgres/connection.js";
import { trusted } from "../../../../lib/databases/postgres/identifiers.js";
import { type Spelled, spelledAs } from "../../../../lib/databases/postgres/spelled-as.js";
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

const moments = [
  ...[
    "2024-01-31 08:00:00",
    "2024-01-31 08:00:00.5",
    "2024-01-31 08:00:00.120003",
    "2024-01-31 08:00:00.12",
    "infinity",
  ],
  ...[
    "-infinity",
    "0044-03-15 10:00:00.5 BC",
    "0001-01-01 00:00:00 BC",
    "10000-01-01 00:00:00.123456",
    "0999-12-31 23:59:59.9",
  ],
];
const times = ["08:00:00", "08:00:00.5", "23:59:59.999999", "24:00:00", "00:00:00.001"];
const numbers = ["0.00", "10.00", "1.50", "100.05", "-0.10", "NaN"];

interface Case {
  readonly type: string;
  /** Some texts of a file. */
  readonly texts: readonly string[];
  /** The server's values, and how the first two are to be spelled. */
  readonly values: readonly string[];
  readonly first: readonly [string, string];
}

const cases: readonly Case[] = [
  { type: "boolean", texts: ["1", "0"], values: ["t", "f"], first: ["1", "0"] },
  { type: "boolean", texts: ["true"], values: ["t", "f"], first: ["true", "false"] },
  { type: "boolean", texts: ["t", "1"], values: ["t", "f"], first: ["t", "f"] },
  { type: "character(5)", texts: ["ab", "abcde"], values: ["ab", "abcde", "", " a"], first: ["ab", "abcde"] },
  { type: "character(5)", texts: ["ab   "], values: ["ab", "abcde", "", " a"], first: ["ab   ", "abcde"] },
  { type: "numeric(10,2)", texts: ["1.5", "10"], values: numbers, first: ["0", "10"] },
  { type: "numeric(10,2)", texts: ["1.50", "10.00"], values: numbers, first: ["0.00", "10.00"] },
  { type: "numeric", texts: ["1.5", "10"], values: numbers, first: ["0.00", "10.00"] },
  ...[1, 3, 5, 6].map((digits): Case => {
    const zeros = "0".repeat(digits);
    return {
      type: "timestamp without time zone",
      texts: [`2024-01-31 08:00:00.${zeros}`],
      values: moments,
      first: [`2024-01-31 08:00:00.${zeros}`, `2024-01-31 08:00:00.5${zeros.slice(1)}`],
    };
  }),
  {
    type: "timestamp without time zone",
    texts: ["2024-01-31 08:00:00.5", "2024-01-31 08:00:00"],
    values: moments,
    first: ["2024-01-31 08:00:00", "2024-01-31 08:00:00.5"],
  },
  {
    type: "timestamp(6) with time zone",
    texts: ["2024-01-31 08:00:00.100"],
    values: moments,
    first: ["2024-01-31 08:00:00.000", "2024-01-31 08:00:00.500"],
  },
  {
    type: "timestamp with time zone",
    texts: ["2024-01-31 08:00:00+00"],
    values: moments,
    first: ["2024-01-31 08:00:00+00", "2024-01-31 08:00:00.5+00"],
  },
  { type: "time without time zone", texts: ["08:00:00.000"], values: times, first: ["08:00:00.000", "08:00:00.500"] },
];

// As COPY writes it, which calls the type's output function.
const copied = (value: string) => `CASE WHEN (${value}) IS NOT NULL THEN format('%s', ${value}) END`;

it.each(cases)("spells $type like $texts, and nothing that would be read as another value", async (one) => {
  const { type, texts, values, first } = one;
  const column: Spelled = { name: "v", databaseType: type };
  const list = [...values.map((value) => `'${value}'`), "NULL"]
    .map((value, place) => `(${place}, ${value}::${type})`)
    .join();

  const rows = await connection.query(
    trusted(`SELECT spelled, CASE WHEN pg_input_is_valid(spelled, '${type}') THEN spelled::${type} = v END AS same
      FROM (SELECT place, v, ${copied(spelledAs(column, [...texts, null]))} AS spelled
        FROM (VALUES ${list}) AS given(place, v)) AS s ORDER BY place`),
  );

  const spelled = rows.map((row) => row.spelled);
  expect(spelled.slice(0, 2)).toEqual(first);
  expect(spelled.at(-1)).toBeNull();
  expect(new Set(spelled).size).toBe(values.length + 1);
  expect(rows.map(({ same }) => same)).not.toContain("f");
});
