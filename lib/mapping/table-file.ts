import { didYouMean } from "../model/nearest.js";
import type { Extract, Table } from "./migration.js";
import type { Problem } from "./problems.js";
import type { ParsedTable } from "./table-schema.js";
import type { YamlFile, YamlPath } from "./yaml-file.js";

/** A table as its file was read, and as it was settled. */
export interface TableFile {
  readonly yaml: YamlFile;
  readonly parsed: ParsedTable;
  readonly table: Table;
}

/** What a table's file may refer to. */
export interface Known {
  readonly extracts: readonly Extract[];
  readonly tables: readonly Table[];
}

/** A problem at a path of the file. */
export function problemAt(yaml: YamlFile, path: YamlPath, [text, hint]: readonly [string, string]): Problem {
  return { file: yaml.file, line: yaml.lineOf(path), text, hint };
}

/** A complaint about a target column that `table` does not have, or nothing. */
export function missingColumn(table: Table, column: string): readonly [string, string] | undefined {
  if (table.columns === "all") return undefined;
  const names = table.columns.map(({ name }) => name);
  if (names.includes(column)) return undefined;
  const text = `${table.name} has no column ${JSON.stringify(column)}${didYouMean(column, names)}`;
  return [text, `its columns: ${names.join(", ")}`];
}
