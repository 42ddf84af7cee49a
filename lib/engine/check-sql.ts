import type { Table } from "../mapping/migration.js";
import type { Problem } from "../mapping/problems.js";
import { identifier, join, literal, parenthesised, sql } from "../mapping/sql.js";
import { StageError } from "../model/errors.js";
import type { Sql } from "../model/names.js";
import { didYouMean } from "../model/nearest.js";
import type { EngineConnection } from "./duckdb.js";
import { type OwnSql, ownSql } from "./own-sql.js";

/** What came of looking at a table's own SQL without a single row. */
export interface CheckedSql {
  readonly problems: readonly Problem[];
  /** Names that were taken for columns of the extract, because nobody knows its columns yet. */
  readonly assumed: readonly string[];
}

/** Lets the engine read all SQL that a table's file wrote itself for one extract, as `tableOf` gives it: syntax, functions, types, and columns where these are known. */
export async function checkSql(
  connection: EngineConnection,
  table: Table,
  sourceColumns: readonly string[] | undefined,
): Promise<CheckedSql> {
  const problems: Problem[] = [];
  const assumed = new Set<string>();
  for (const own of ownSql(table)) {
    const fault = await faultOf(connection, own, { known: sourceColumns, assumed });
    if (fault === undefined) continue;
    const { text, hint } = faultText(table, fault, sourceColumns);
    problems.push({ file: table.file, line: table.lines.get(own.place), text: `${own.rule}: ${text}`, hint });
  }
  return { problems, assumed: [...assumed] };
}

interface Names {
  readonly known: readonly string[] | undefined;
  readonly assumed: Set<string>;
}

/** Why the engine would refuse the expression; names it misses are given to it while nobody knows better. */
async function faultOf(connection: EngineConnection, own: OwnSql, names: Names): Promise<StageError | undefined> {
  for (;;) {
    const fault = await connection.rows(looked(own, names.known ?? [...names.assumed])).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof StageError && error.kind === "specification") return error;
        throw error;
      },
    );
    const missing = fault === undefined ? undefined : missingColumn(fault);
    if (names.known !== undefined || missing === undefined || isAmong(names.assumed, missing)) return fault;
    names.assumed.add(missing);
  }
}

// Beside the columns of the source, as in the statement that maps them, and as a condition: there the engine refuses
// aggregates and what makes several rows of one.
function looked({ expression, isCondition }: OwnSql, columns: readonly string[]): Sql {
  const value = isCondition ? sql`coalesce(${parenthesised(expression)}, false)` : parenthesised(expression);
  const empty = ["~none", ...columns].map((name) => sql`${literal(null)} AS ${identifier(name)}`);
  return sql`SELECT source.*, ${value} FROM (SELECT ${join(empty, ", ")}) AS source WHERE false AND ${value} IS NULL`;
}

function missingColumn({ message }: StageError): string | undefined {
  return /Referenced column "([\s\S]*)" not found in FROM clause/.exec(message)?.[1];
}

// To DuckDB names that differ in case are one.
function isAmong(names: ReadonlySet<string>, name: string): boolean {
  return [...names].some((other) => other.toLowerCase() === name.toLowerCase());
}

function faultText(table: Table, fault: StageError, columns: readonly string[] | undefined) {
  const missing = missingColumn(fault);
  if (missing !== undefined && columns !== undefined) {
    const text = `extract ${table.extracts.join()} has no column ${JSON.stringify(missing)}${didYouMean(missing, columns)}`;
    return { text, hint: `its columns: ${columns.join(", ")}` };
  }
  // There was no row to quote from, so all that the engine says may be told.
  const cause = fault.cause instanceof Error ? fault.cause.message : "";
  const meant = /^Did you mean ("[^"]*")\?/m.exec(cause)?.[1];
  return { text: `${fault.message}${meant === undefined ? "" : `; did you mean ${meant}?`}`, hint: fault.hint ?? "" };
}
