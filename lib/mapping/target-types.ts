import { ruleName } from "../model/names.js";
import { didYouMean } from "../model/nearest.js";
import { type ColumnType, readColumnType } from "./column-type.js";
import { complain, name, object, pairsOf, text } from "./grammar.js";
import type { Column, SpecificationFile, Table } from "./migration.js";
import type { Problem } from "./problems.js";
import { references } from "./rules/references.js";
import { type } from "./rules/type.js";
import { parseWith } from "./schema-problems.js";
import { parseYaml } from "./yaml-file.js";

/** The file of a migration's folder that says what the target's columns hold. */
export const targetFile = "schema/target.yaml";

const columnType = text.transform((written, context): ColumnType => {
  const type = readColumnType(written);
  if (!("hint" in type)) return type;
  complain(context, type.text, type.hint);
  return { text: written, kind: { kind: "any" }, isNullable: true, hasDefault: false };
});

/** The grammar of schema/target.yaml: tables, their columns, and of each its type. */
export const targetSchema = object({ tables: pairsOf(name, pairsOf(name, columnType)) });

/** What one table's columns hold, as the mapping is checked by it. */
export type TargetColumns = NonNullable<Table["targetColumns"]>;

/**
 * The tables with what schema/target.yaml says of their columns, where it is there: each column without a `type` of its
 * own gets one. A column that the file does not list is a problem, and one that it needs and the mapping does not fill.
 */
export function withTargetTypes(
  tables: readonly Table[],
  files: readonly SpecificationFile[],
): { readonly tables: readonly Table[]; readonly problems: readonly Problem[] } {
  const file = files.find(({ path }) => path === targetFile);
  if (file === undefined) return { tables, problems: [] };
  const yaml = parseYaml(file);
  const { value, problems } = yaml.problems.length > 0 ? { problems: yaml.problems } : parseWith(targetSchema, yaml);
  if (value === undefined) return { tables, problems };
  const known = value.tables.map(([table]) => table);
  const typed = tables.map((table) => {
    const columns = value.tables.find(([other]) => other === table.name)?.[1];
    if (columns === undefined) {
      const text = `${targetFile} does not list table ${JSON.stringify(table.name)}${didYouMean(table.name, known)}`;
      return { table, problems: [{ file: table.file, line: undefined, text, hint: rewrite }] };
    }
    const targetColumns = columns.map(([column, type]) => ({
      name: column,
      type: type.isNullable ? type.text : `${type.text} not null`,
      isNeeded: !type.isNullable && !type.hasDefault,
    }));
    return typedTable({ ...table, targetColumns });
  });
  return { tables: typed.map(({ table }) => table), problems: typed.flatMap(({ problems }) => problems) };
}

/** The types that schema/target.yaml gives to the columns of a table, by name; undefined where it says nothing of it. */
export function columnTypesOf(
  files: readonly SpecificationFile[],
  table: string,
): ReadonlyMap<string, ColumnType> | undefined {
  const file = files.find(({ path }) => path === targetFile);
  if (file === undefined) return undefined;
  const found = parseWith(targetSchema, parseYaml(file)).value?.tables.find(([name]) => name === table);
  return found && new Map(found[1]);
}

const rewrite = "write the file anew: waybill schema";

function typedTable(table: Table): { readonly table: Table; readonly problems: readonly Problem[] } {
  // Which columns `all` means is known with the extract: compileTable asks then.
  if (table.columns === "all") return { table, problems: [] };
  const { columns, problems } = typedColumns(table, table.columns);
  // From here on the rules say it: a column that the mapping does not fill must not make the transform stale.
  return { table: { ...table, columns, targetColumns: undefined }, problems };
}

/** Columns of a table with the types of its target, and what does not fit together. */
export function typedColumns(
  { targetColumns, file, lines, name: table }: Table,
  columns: readonly Column[],
): { readonly columns: readonly Column[]; readonly problems: readonly Problem[] } {
  if (targetColumns === undefined) return { columns, problems: [] };
  const known = targetColumns.map(({ name }) => name);
  const unknown = columns.flatMap(({ name }): readonly Problem[] => {
    if (known.includes(name)) return [];
    const text = `${targetFile}: table ${table} has no column ${JSON.stringify(name)}${didYouMean(name, known)}`;
    return [
      { file, line: lines.get(`columns.${name}`), text, hint: `its columns: ${known.join(", ")}; or ${rewrite}` },
    ];
  });
  const missing = targetColumns.flatMap(({ name, isNeeded }): readonly Problem[] => {
    if (!isNeeded || columns.some((column) => column.name === name)) return [];
    const text = `${targetFile}: ${table} needs a value in ${name} (not null without default), and the mapping gives none`;
    return [
      { file, line: undefined, text, hint: `add the column ${name}, or say where it comes from: … not null default` },
    ];
  });
  return { columns: columns.map((column) => typedColumn(column, targetColumns)), problems: [...unknown, ...missing] };
}

function typedColumn(column: Column, targetColumns: TargetColumns): Column {
  const found = targetColumns.find(({ name }) => name === column.name);
  // What a flagged column holds, t or f, and which key a reference becomes, is known only after all rules.
  const isLate = column.origin.kind === "flagged" || column.rules.some(({ kind }) => kind === references.kind);
  const isTyped = column.rules.some(({ kind }) => kind === type.kind);
  if (found === undefined || isLate || isTyped || found.type === "any") return column;
  const rule = {
    rule: ruleName(`${column.name}.${type.kind}`),
    kind: type.kind,
    options: found.type,
    otherwise: undefined,
    flags: false,
    onlyIf: undefined,
    because: undefined,
  };
  return { ...column, rules: [...column.rules, rule] };
}
