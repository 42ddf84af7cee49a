import { text } from "node:stream/consumers";
import { openSource } from "../../../../lib/databases/open-source.js";
import type { Source } from "../../../../lib/databases/port.js";
import { openEngine } from "../../../../lib/engine/duckdb.js";
import { parseRows } from "../../../../lib/files/csv-rows.js";
import { readColumnType } from "../../../../lib/mapping/column-type.js";
import type { Extract } from "../../../../lib/mapping/migration.js";
import { join, literal, sql } from "../../../../lib/mapping/sql.js";
import { misfitsOf } from "../../../../lib/mapping/type-checks.js";
import { extractName } from "../../../../lib/model/names.js";
import type { TestDatabase } from "../../../support/postgres.js";
import type { Meant } from "./same-value.js";
import type { MeshType } from "./types.js";

/** A value of a source type, as extract wrote it into a file. */
export interface SourceValue extends Meant {
  readonly of: MeshType;
}

/** Puts every value of every type into a table of a real database, and reads it as extract does. */
export async function sourceValues(
  database: TestDatabase,
  types: readonly MeshType[],
): Promise<readonly SourceValue[]> {
  const sources = types.filter(({ values }) => values.length > 0);
  const rowCount = Math.max(...sources.map(({ values }) => values.length));
  await database.query(
    `CREATE TABLE edges (id int PRIMARY KEY, ${sources.map(({ type }, index) => `c${index} ${type} NULL`).join(", ")})`,
  );
  const rows = Array.from(
    { length: rowCount },
    (_, row) => `(${[row, ...sources.map(({ values }) => values[row] ?? "NULL")].join(", ")})`,
  );
  await database.query(`INSERT INTO edges VALUES ${rows.join(", ")}`);
  const read = await readTables(database.url, ["edges"]);
  return (read[0] ?? []).flatMap(([, ...values]) =>
    values.flatMap((value, index) => {
      const of = sources[index];
      return value === null || of === undefined ? [] : [{ of, meaning: of.meaning, text: value }];
    }),
  );
}

/** The rows of tables as extract reads them. */
export async function readTables(url: string, tables: readonly string[]): Promise<readonly Rows[]> {
  const source = await openSource(url, { application: "waybill/test", jobs: 1 });
  try {
    const all: Rows[] = [];
    for (const table of tables) all.push(await readOne(source, table));
    return all;
  } finally {
    await source.close();
  }
}

type Rows = readonly (readonly (string | null)[])[];

async function readOne(source: Source, name: string): Promise<Rows> {
  const extract: Extract = {
    name: extractName(name),
    source: undefined,
    from: { kind: "table", table: name },
    where: undefined,
    key: ["id"],
    watermark: undefined,
    rowChecksum: false,
    partRows: Number.MAX_SAFE_INTEGER,
    partBy: undefined,
    invalidText: "refuse",
  };
  const table = await source.describe(extract);
  let rows: Rows = [];
  await source.copy({ extract, table, range: undefined, selection: { kind: "all" } }, async (copy) => {
    rows = parseRows(await text(copy.rows));
  });
  return rows;
}

/** For each type, as `waybill schema` writes it, the texts that transform lets pass, one set for each. */
export async function planned(
  types: readonly string[],
  texts: readonly string[],
): Promise<readonly ReadonlySet<string>[]> {
  const engine = await openEngine({ folders: [] });
  try {
    const connection = await engine.connect();
    const columns = types.map((written) => {
      const type = readColumnType(written);
      const misfits = "hint" in type ? [] : misfitsOf(sql`v`, type);
      return misfits.length === 0
        ? sql`'f'`
        : sql`CASE WHEN ${join(
            misfits.map(({ when }) => sql`coalesce(${when}, false)`),
            " OR ",
          )} THEN 't' ELSE 'f' END`;
    });
    const values = join(
      texts.map((one) => sql`(${literal(one)})`),
      ", ",
    );
    const rows = await connection.rows(sql`SELECT v, ${join(columns, ", ")} FROM (VALUES ${values}) AS given(v)`);
    return types.map(
      (_, index) => new Set(rows.flatMap((row) => (row[index + 1] === "f" && row[0] != null ? [row[0]] : []))),
    );
  } finally {
    engine.close();
  }
}
