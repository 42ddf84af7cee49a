import { didYouMean } from "../model/nearest.js";
import { checkExpectations } from "./check-expectations.js";
import { checkExtracts } from "./check-extracts.js";
import type { Table } from "./migration.js";
import { originsOf } from "./per-extract.js";
import type { Problem } from "./problems.js";
import { type Known, missingColumn, problemAt, type TableFile } from "./table-file.js";
import { listed } from "./words.js";

/** Every name a table's file refers to exists: extracts, tables, target columns. Source columns are checked later. */
export function checkReferences(file: TableFile, known: Known): readonly Problem[] {
  return [
    ...checkExtracts(file, known),
    ...checkKey(file),
    ...checkFlags(file),
    ...checkUuids(file, known),
    ...checkExpectations(file, known),
  ];
}

function checkKey({ table, yaml }: TableFile): readonly Problem[] {
  return (table.key ?? []).flatMap((column) => {
    const missing = missingColumn(table, column);
    return missing === undefined ? [] : [problemAt(yaml, ["key"], missing)];
  });
}

/** `flag:` names the column that is `flagged: true`, and there is only one. */
function checkFlags({ table, parsed, yaml }: TableFile): readonly Problem[] {
  if (parsed.columns === "all" || table.columns === "all") return [];
  const flagged = table.columns.filter(({ origin }) => origin.kind === "flagged").map(({ name }) => name);
  const more = flagged.slice(1).map((name): Problem => {
    const text = `a second flagged column, ${JSON.stringify(name)} after ${JSON.stringify(flagged[0])}`;
    return problemAt(yaml, ["columns", name], [text, "a row is flagged or it is not: keep one"]);
  });
  const used = parsed.columns.flatMap(([name, { own, items }]) => [
    { flag: own.flag, path: ["columns", name, "flag"] },
    ...items.map(({ flag }, index) => ({ flag, path: ["columns", name, "rules", index, "flag"] })),
  ]);
  const wrong = used.flatMap(({ flag, path }): readonly Problem[] => {
    if (flag === undefined || flagged.includes(flag)) return [];
    const text = `flag ${JSON.stringify(flag)} is no flagged column${didYouMean(flag, flagged)}`;
    return [problemAt(yaml, path, [text, `add the column ${flag}: { flagged: true }`])];
  });
  return [...more, ...wrong];
}

/**
 * `uuid5: { table }` names a table of this migration: the keys of another can only be made where it exists. Where that
 * table is a union, 7 of one system and 7 of the other may be two people or one: the mapping has to say which.
 */
function checkUuids({ table, yaml }: TableFile, { tables }: Known): readonly Problem[] {
  if (table.columns === "all") return [];
  const names = tables.map(({ name }) => name);
  return table.columns.flatMap(({ name, origin: origins }): readonly Problem[] => {
    const path = ["columns", name, "uuid5"];
    for (const { origin } of originsOf(origins)) {
      if (origin.kind !== "uuid5") continue;
      const { scope } = origin;
      const of = tables.find((one) => one.name === origin.table);
      if (of === undefined) {
        const text = `table ${JSON.stringify(origin.table)} is not of this migration${didYouMean(origin.table, names)}`;
        return [problemAt(yaml, [...path, "table"], [text, `the tables: ${names.join(", ")}`])];
      }
      if (scope.kind === "unsaid" && of.extracts.length > 1)
        return [problemAt(yaml, path, ambiguousKey(name, of, origin.columns))];
      if (scope.kind === "named" && !of.extracts.includes(scope.extract)) {
        const text = `${of.name} is not made from extract ${JSON.stringify(scope.extract)}${didYouMean(scope.extract, of.extracts)}`;
        return [problemAt(yaml, [...path, "extract"], [text, `its extracts: ${of.extracts.join(", ")}`])];
      }
    }
    return [];
  });
}

function ambiguousKey(name: string, { name: table, extracts }: Table, columns: readonly string[]): [string, string] {
  const write = (rest: string): string => `uuid5: { columns: [${columns.join(", ")}], ${rest} }`;
  return [
    `columns.${name}: ${table} is a union of ${listed(extracts)}, in which equal ${listed(columns)} may be two rows or one`,
    `write ${write("per_extract: true")} when they are two, per_extract: false when they are one; ` +
      `for a key made elsewhere, ${write(`table: ${table}, extract: ${extracts[0]}`)}`,
  ];
}
