import type { SourceColumn } from "../mapping/compiled.js";
import type { Query, Table } from "../mapping/migration.js";
import { assertNoProblems } from "../mapping/problems.js";
import { isSame } from "../mapping/query.js";
import { identifier, join, literal, parenthesised, sql } from "../mapping/sql.js";
import { StageError } from "../model/errors.js";
import type { ExtractName, Sql } from "../model/names.js";
import { didYouMean } from "../model/nearest.js";
import type { EngineConnection } from "./duckdb.js";

/** An extract as a query sees it: its own columns, every value text. */
export interface QueriedExtract {
  readonly name: ExtractName;
  readonly columns: readonly SourceColumn[];
}

/** A table that is made by a query. */
export interface QueryTable {
  readonly table: Table;
  readonly query: Query;
  /** Those it reads. */
  readonly extracts: readonly QueriedExtract[];
  /** The names of all extracts of the migration: one of them may have been meant. */
  readonly declared: readonly string[];
}

/** Makes an extract known to the connection's queries under its name, with rows out of `from`, or without any. */
export async function makeView(
  connection: EngineConnection,
  { name, columns }: QueriedExtract,
  from: Sql | undefined,
): Promise<void> {
  const empty = columns.map((column) => sql`${literal(null)} AS ${identifier(column.name)}`);
  const names = columns.map((column) => identifier(column.name));
  const rows =
    from === undefined ? sql`SELECT ${join(empty, ", ")} WHERE false` : sql`SELECT ${join(names, ", ")} FROM ${from}`;
  await connection.run(sql`CREATE OR REPLACE TEMP VIEW ${identifier(name)} AS ${rows}`);
}

/**
 * The columns of a query's result, over the views that the connection has of its extracts. Throws "specification" with
 * the line of the table's file where the engine cannot read it, or its columns could not be told apart.
 */
export async function describeQuery(
  connection: EngineConnection,
  queried: QueryTable,
): Promise<readonly SourceColumn[]> {
  const { table, query } = queried;
  const described = await asked(queried, () => connection.rows(sql`DESCRIBE ${parenthesised(query.sql)}`));
  const columns = described.map(([name, type]) => ({
    name: name ?? "",
    type: frictionless(type ?? ""),
    databaseType: (type ?? "").toLowerCase(),
  }));
  const names = columns.map(({ name }) => name);
  const twin = names.find((name, index) => names.slice(0, index).some((other) => isSame(other, name)));
  if (twin !== undefined)
    throw faultOf(table, "query", [`query gives two columns ${JSON.stringify(twin)}`, "name one another way: … AS …"]);
  const { lineage } = query;
  if (lineage !== undefined && !names.includes(lineage.column)) {
    const text = `lineage: query gives no column ${JSON.stringify(lineage.column)}${didYouMean(lineage.column, names)}`;
    throw faultOf(table, "lineage", [text, `its columns: ${names.join(", ")}`]);
  }
  return columns;
}

/** Runs what asks the engine for a query; what that says of the SQL becomes a problem in the table's file. */
export async function asked<Answer>(
  { table, extracts, declared }: QueryTable,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof StageError) || error.kind !== "specification") throw error;
    const meant = meantName(error.message, extracts, declared);
    const told = error.message.replace(/^the mapping's SQL failed:? ?/, "");
    const names = extracts.map(({ name, columns }) => `${name} (${columns.map((column) => column.name).join(", ")})`);
    throw faultOf(table, "query", [`query: ${told}${meant}`, `it reads ${names.join(", ")}; every column is text`]);
  }
}

// Of names it misses, the engine quotes tables of its own as near ones.
function meantName(message: string, extracts: readonly QueriedExtract[], declared: readonly string[]): string {
  const lost = /Table with name ([\s\S]*) does not exist/.exec(message)?.[1];
  if (lost !== undefined) return didYouMean(lost, declared);
  const column = /Referenced column "([\s\S]*)" not found/.exec(message)?.[1];
  if (column === undefined) return "";
  return didYouMean(
    column,
    extracts.flatMap(({ columns }) => columns.map(({ name }) => name)),
  );
}

/** A fault of a query, with the line of its table's file. */
export function faultOf(
  { file, lines }: Table,
  place: "query" | "lineage",
  [text, hint]: readonly [string, string],
): StageError {
  try {
    assertNoProblems([{ file, line: lines.get(place), text, hint }]);
  } catch (error) {
    if (error instanceof StageError) return error;
  }
  throw new Error("a problem is an error");
}

// What these types look like as text, Waybill compares by value; all else is text.
function frictionless(type: string): string {
  if (/^U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(type)) return "integer";
  return /^(?:DECIMAL\(|DOUBLE$|FLOAT$)/.test(type) ? "number" : "string";
}
