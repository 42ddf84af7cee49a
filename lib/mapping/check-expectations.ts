import { didYouMean } from "../model/nearest.js";
import type { ParsedExpectation } from "./expectation-schema.js";
import type { Problem } from "./problems.js";
import { type Known, missingColumn, problemAt, type TableFile } from "./table-file.js";
import type { YamlPath } from "./yaml-file.js";

/** Every table and target column that the tests of `expect:` name exists. */
export function checkExpectations(file: TableFile, { tables }: Known): readonly Problem[] {
  const named = file.parsed.expect.flatMap((test, index) => {
    const [kind = ""] = Object.keys(test);
    const path = ["expect", index, kind];
    return [...checkColumns(file, path, columnsOf(test)), ...checkParent(file, path, { test, tables })];
  });
  return [...named, ...doubledRelationships(file)];
}

/** The rule that rejects an orphan is named after its column, so a column has only one. */
function doubledRelationships({ parsed, yaml }: TableFile): readonly Problem[] {
  const columns = parsed.expect.map(({ relationships }) => relationships?.column);
  return columns.flatMap((column, index) => {
    if (column === undefined || columns.indexOf(column) === index) return [];
    const text = `a second relationship of ${JSON.stringify(column)}`;
    return [problemAt(yaml, ["expect", index], [text, "a column refers to one parent: keep one"])];
  });
}

function columnsOf({
  unique,
  not_null,
  aggregate,
  accepted_values,
  relationships,
  range,
  pattern,
  missing_percent,
  freshness,
}: ParsedExpectation): readonly string[] {
  return [
    ...(unique?.columns ?? []),
    ...(not_null?.columns ?? []),
    ...[accepted_values, relationships, range, pattern, missing_percent, freshness].flatMap(
      (test) => test?.column ?? [],
    ),
    ...(aggregate?.group ?? []),
    ...(aggregate?.measures ?? []).flatMap(({ column }) => column ?? []),
  ];
}

function checkColumns({ table, yaml }: TableFile, path: YamlPath, columns: readonly string[]): readonly Problem[] {
  return columns.flatMap((column) => {
    const missing = missingColumn(table, column);
    return missing === undefined ? [] : [problemAt(yaml, path, missing)];
  });
}

interface ParentCheck extends Pick<Known, "tables"> {
  readonly test: ParsedExpectation;
}

function checkParent({ table, yaml }: TableFile, path: YamlPath, { test, tables }: ParentCheck): readonly Problem[] {
  const relationship = table.relationships.find(({ rule }) => rule === `relationship:${test.relationships?.column}`);
  if (test.relationships === undefined || relationship === undefined) return [];
  const parent = tables.find(({ name }) => name === relationship.parent);
  if (parent !== undefined) {
    const missing = missingColumn(parent, relationship.parentColumn);
    return missing === undefined ? [] : [problemAt(yaml, [...path, "to"], missing)];
  }
  const names = tables.map(({ name }) => name);
  const text = `table ${JSON.stringify(relationship.parent)} is not of this migration${didYouMean(relationship.parent, names)}`;
  return [problemAt(yaml, [...path, "to"], [text, `the tables: ${names.join(", ")}`])];
}
