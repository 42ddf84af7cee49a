import { type ExtractName, extractName } from "../model/names.js";
import { calledName, type ExpressionFault, namesIn, selectFault, sqlFault } from "./expression.js";
import type { Extract, Query, Table } from "./migration.js";
import type { ParsedTable } from "./table-schema.js";

/** Why SQL is not one SELECT over extracts alone, with the same answer each time; undefined when it is. */
export function queryFault(sql: string): ExpressionFault | undefined {
  return sqlFault(sql, tokenFault) ?? selectFault(sql);
}

function tokenFault(token: RegExpExecArray): ExpressionFault | undefined {
  const word = token.groups?.word?.toLowerCase();
  const before = token.input.slice(0, token.index);
  if (word === "tablesample" || (word === "sample" && /\busing\s+$/i.test(before)))
    return { text: "query takes a sample, another one each time", hint: "use a condition: same input, same output" };
  // SQL in quotes, files, the engine's own state: what a query reads must show in the names of its extracts.
  const called = calledName(token);
  if (called !== undefined && beyondExtracts.test(called))
    return {
      text: `query calls ${called}, which reads something else than extracts`,
      hint: "declare an extract for it",
    };
  return undefined;
}

const beyondExtracts =
  /^(?:read_\w+|\w+_scan|parquet_\w+|sniff_csv|glob|query|query_table|duckdb_\w+|pragma_\w+|getenv|getvariable|current_setting)$/;

/** What a table's file says of its query; which extracts that reads is settled by `withQueryReads`. */
export function settleQuery({ query, lineage }: ParsedTable): Query | undefined {
  if (query === undefined) return undefined;
  const isOf = lineage !== undefined && lineage !== "none";
  return {
    sql: query.trim(),
    reads: [],
    lineage: isOf ? { column: lineage.column, of: extractName(lineage.of) } : undefined,
  };
}

/** The table, with its query reading every declared extract of which its SQL holds the name. */
export function withQueryReads(table: Table, extracts: readonly Extract[]): Table {
  const { query } = table;
  if (query === undefined) return table;
  const words = namesIn(query.sql);
  const reads = extracts.map(({ name }) => name).filter((name) => words.some((word) => isSame(word, name)));
  return { ...table, query: { ...query, reads } };
}

/** The extracts whose files a table is made from: a query reads more of them than its rows are said to come from. */
export function readExtracts({ extracts, query }: Table): readonly ExtractName[] {
  return query?.reads ?? extracts;
}

/** The name under which a query's rows stand in ledger, rejects and changes: that of the extract they come from. */
export function queryExtract({ lineage }: Query): ExtractName {
  return lineage?.of ?? extractName("query");
}

/** Why one column cannot name the rows of an extract with a key of several. */
export function wideLineage(of: string, key: readonly string[]): readonly [string, string] {
  const text = `lineage: a row of ${of} is named by ${key.length} columns (${key.join(", ")}), lineage gives one`;
  return [text, "write lineage: none, or make a key of one column in the extract"];
}

/** Whether two names are one to DuckDB. */
export const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
