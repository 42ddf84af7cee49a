import type { Sql } from "../model/names.js";
import { didYouMean } from "../model/nearest.js";
import { stepProblems } from "./check-steps.js";
import { compileColumn } from "./compile-column.js";
import type { CompiledColumn, CompiledTable, SourceColumn } from "./compiled.js";
import type { Column, Table } from "./migration.js";
import { assertNoProblems, type Problem } from "./problems.js";
import { identifier, literal, parenthesised } from "./sql.js";
import { columnsAfterSteps, replacedColumns } from "./steps.js";
import { typedColumns } from "./target-types.js";

/**
 * Compiles a table's rules to DuckDB's SQL over the columns of its extract, all of them VARCHAR. A union is compiled
 * once for each extract: as `tableOf` gives it. Throws "specification" when the table names a source column that the
 * extract does not have.
 */
export function compileTable(migrationId: string, table: Table, sourceColumns: readonly SourceColumn[]): CompiledTable {
  const { compiled, problems } = tryCompileTable(migrationId, table, sourceColumns);
  assertNoProblems(problems);
  return compiled;
}

/** The same, with what is wrong beside the result. */
export function tryCompileTable(
  migrationId: string,
  table: Table,
  sourceColumns: readonly SourceColumn[],
): { readonly compiled: CompiledTable; readonly problems: readonly Problem[] } {
  const [extract, ...others] = table.extracts;
  if (extract === undefined || others.length > 0) throw new TypeError(`${table.name} is compiled extract by extract`);
  const known = columnsAfterSteps(table, sourceColumns);
  const problems: Problem[] = [
    ...ambiguousNames(table, sourceColumns),
    ...stepProblems(table, sourceColumns),
    ...unknownNames(table, known),
  ];
  const typed = columnsOf(table, known);
  problems.push(...typed.problems);
  const columns = typed.columns.map((column, index) =>
    compileColumn(column, index, { migrationId, table, extract, sourceColumns: known, problems }),
  );
  const compiled = {
    lookups: columns.flatMap(({ lookups }) => lookups),
    functions: [...new Map(columns.flatMap(({ functions }) => functions).map((one) => [one.name, one])).values()],
    patterns: columns.flatMap(({ patterns }) => patterns),
    filters: table.filters.map(({ rule, sql }): { rule: typeof rule; keep: Sql } => ({
      rule,
      keep: parenthesised(sql),
    })),
    rejects: table.rejects.map(({ rule, when, reason, reasonColumn }) => ({
      rule,
      when: parenthesised(when),
      reason: reasonColumn === undefined ? literal(reason) : identifier(reasonColumn),
    })),
    columns: columns.map(({ column }) => withoutReplaced(table, column)),
  };
  return { compiled, problems };
}

// What a step made of a source column tells nothing of the column itself.
function withoutReplaced(table: Table, column: CompiledColumn): CompiledColumn {
  const made = [...replacedColumns(table), ...table.steps.flatMap(({ adds }) => adds)];
  return column.injectiveOf?.some((name) => made.includes(name)) ? { ...column, injectiveOf: undefined } : column;
}

/** `columns: all` is a plain copy of every source column, of the type its target has. */
function columnsOf(table: Table, sourceColumns: readonly SourceColumn[]): ReturnType<typeof typedColumns> {
  if (table.columns !== "all") return { columns: table.columns, problems: [] };
  const columns = sourceColumns.map(
    ({ name }): Column => ({
      name,
      origin: { kind: "from", column: name },
      rules: [],
      because: undefined,
      pii: false,
    }),
  );
  return typedColumns(table, columns);
}

/** Names that DuckDB would take for another: it does not tell them apart by case, and the engine's own begin with ~. */
function ambiguousNames({ extracts, file }: Table, sourceColumns: readonly SourceColumn[]): readonly Problem[] {
  const hint = "rename one in the extract: select: SELECT … AS …";
  return sourceColumns.flatMap(({ name }, index): readonly Problem[] => {
    const column = `extract ${extracts.join()}: column ${JSON.stringify(name)}`;
    if (name.startsWith("~"))
      return [{ file, line: undefined, text: `${column} begins with ~, which is reserved`, hint }];
    const twin = sourceColumns.slice(0, index).find((other) => other.name.toLowerCase() === name.toLowerCase());
    if (twin === undefined) return [];
    return [{ file, line: undefined, text: `${column} differs from ${JSON.stringify(twin.name)} only in case`, hint }];
  });
}

/** The names that are no column of their own: what dedupe goes by. */
function unknownNames(table: Table, sourceColumns: readonly SourceColumn[]): readonly Problem[] {
  const { by = [], order = [], tieBreak = [] } = table.dedupe ?? {};
  const source = sourceColumns.map(({ name }) => name);
  const target = table.columns === "all" ? [] : table.columns.map(({ name }) => name);
  const unknown = (names: readonly string[], known: readonly string[], word: string): readonly Problem[] =>
    names
      .filter((name) => !known.includes(name))
      .map((name) => ({
        file: table.file,
        line: table.lines.get("dedupe"),
        text: `dedupe ${word}: unknown column ${JSON.stringify(name)}${didYouMean(name, known)}`,
        hint: `write one of ${[...new Set(known)].join(", ")}`,
        sourceColumn: name,
      }));
  const columnsOf = (sorted: typeof order) => sorted.map(({ column }) => column);
  return [
    ...unknown(by, [...target, ...source], "by"),
    ...unknown(columnsOf(order), source, "order"),
    ...unknown(columnsOf(tieBreak), source, "tie_break"),
  ];
}
