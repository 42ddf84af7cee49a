import type { Table } from "../mapping/migration.js";
import type { Problem } from "../mapping/problems.js";
import type { MappingPlan } from "./plan-mapping.js";

type ExtractPlan = Pick<MappingPlan, "extract" | "compiled" | "sourceColumns">;

/** What must be one in all extracts of a table and is not: the columns of `columns: all`, the types that `order` goes by. */
export function disagreements(table: Table, [first, ...others]: readonly ExtractPlan[]): readonly Problem[] {
  return others.flatMap((other) =>
    first === undefined ? [] : [...columnsDiffer(table, first, other), ...typesDiffer(table, first, other)],
  );
}

function columnsDiffer({ file }: Table, first: ExtractPlan, other: ExtractPlan): readonly Problem[] {
  const names = ({ compiled }: ExtractPlan): string => compiled.columns.map(({ name }) => name).join(", ");
  if (names(first) === names(other)) return [];
  const text = `columns: all, but ${first.extract} has ${names(first)}, and ${other.extract} ${names(other)}`;
  const hint = "name the columns, and where each comes from in each extract";
  return [{ file, line: undefined, text, hint }];
}

function typesDiffer({ file, lines, dedupe }: Table, first: ExtractPlan, other: ExtractPlan): readonly Problem[] {
  const typeOf = ({ sourceColumns }: ExtractPlan, name: string): string => {
    const column = sourceColumns.find((one) => one.name === name);
    // Floats sort by their value alone, exact numbers by all their digits.
    return /^(real|double|float)/.test(column?.databaseType ?? "") ? "float" : (column?.type ?? "string");
  };
  const sorted = [...(dedupe?.order ?? []), ...(dedupe?.tieBreak ?? [])];
  return sorted.flatMap(({ column: name }) => {
    const [left, right] = [typeOf(first, name), typeOf(other, name)];
    const text = `dedupe order: ${name} is ${left} in ${first.extract} and ${right} in ${other.extract}: they cannot be compared`;
    const hint = "give both one type in the extracts: select: SELECT …, CAST(… AS …)";
    return left === right ? [] : [{ file, line: lines.get("dedupe"), text, hint }];
  });
}
