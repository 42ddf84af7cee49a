import { join } from "node:path";
import type { DatabaseColumn, DatabaseTable } from "../../lib/databases/port.js";
import { readBody } from "../../lib/files/csv-rows.js";
import { type ColumnType, readColumnType } from "../../lib/mapping/column-type.js";
import type { Table } from "../../lib/mapping/migration.js";
import { required } from "../../lib/mapping/rules/required.js";
import { type } from "../../lib/mapping/rules/type.js";
import { holdsAll } from "../../lib/mapping/type-holds.js";
import { type LoadPlan, placeOf } from "./plan.js";

/** A column whose values transform checked, and what the target's column is now. */
interface Checked {
  readonly live: DatabaseColumn;
  readonly type: ColumnType;
  readonly isRequired: boolean;
}

/**
 * What the target's columns take no more of the values that transform checked for them, one sentence each: a column that
 * became narrower, another type, or NOT NULL while there are NULLs in the files.
 */
export async function changedTypes(plan: LoadPlan, target: DatabaseTable): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { live, type, isRequired } of checkedColumns(plan, target)) {
    const where = `${placeOf(plan.table, live.name)}: ${target.qualifiedName}.${live.name}`;
    const now = readColumnType(live.valueType ?? live.databaseType);
    if (!("hint" in now) && !holdsAll(now, type))
      problems.push(`${where} is ${live.databaseType} now, and transform checked its values as ${type.text}`);
    else if (!live.nullable && type.isNullable && !isRequired) {
      const part = await partWithNull(plan, live.name);
      if (part !== undefined) problems.push(`${where} is NOT NULL now, and ${part} holds a NULL for it`);
    }
  }
  return problems;
}

function checkedColumns({ table, columns }: LoadPlan, target: DatabaseTable): readonly Checked[] {
  return target.columns.flatMap((live) => {
    if (!columns.includes(live.name)) return [];
    const rules = table.columns === "all" ? [] : (table.columns.find(({ name }) => name === live.name)?.rules ?? []);
    const written = typeOf(table, live.name);
    const type = written === undefined ? undefined : readColumnType(written);
    if (type === undefined || "hint" in type) return [];
    return [{ live, type, isRequired: rules.some(({ kind }) => kind === required.kind) }];
  });
}

// The rule `type` says what was checked only where no other rule comes after it.
function typeOf({ columns, targetColumns }: Table, name: string): string | undefined {
  if (columns === "all") return targetColumns?.find((column) => column.name === name)?.type;
  const last = columns.find((column) => column.name === name)?.rules.findLast(({ kind }) => kind !== required.kind);
  return last?.kind === type.kind ? String(last.options) : undefined;
}

async function partWithNull({ columns, parts }: LoadPlan, column: string): Promise<string | undefined> {
  const place = columns.indexOf(column);
  for (const { folder, file, name } of parts)
    for await (const row of readBody(join(folder, file.path))) if (row[place] === null) return name;
  return undefined;
}
