import { didYouMean } from "../model/nearest.js";
import { checkExpectations } from "./check-expectations.js";
import type { Problem } from "./problems.js";
import { type Known, missingColumn, problemAt, type TableFile } from "./table-file.js";

/** Every name a table's file refers to exists: extracts, tables, target columns. Source columns are checked later. */
export function checkReferences(file: TableFile, known: Known): readonly Problem[] {
  return [
    ...checkExtract(file, known),
    ...checkKey(file),
    ...checkFlags(file),
    ...checkUuids(file, known),
    ...checkExpectations(file, known),
  ];
}

function checkExtract({ table, yaml }: TableFile, { extracts }: Known): readonly Problem[] {
  const names = extracts.map(({ name }) => name);
  if (names.includes(table.from)) return [];
  const text = `extract ${JSON.stringify(table.from)} is not declared${didYouMean(table.from, names)}`;
  return [
    problemAt(yaml, ["from"], [text, `declare it under extracts: in migration.yaml; declared: ${names.join(", ")}`]),
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

/** `uuid5: { table }` names a table of this migration: the keys of another can only be made where it exists. */
function checkUuids({ table, yaml }: TableFile, { tables }: Known): readonly Problem[] {
  if (table.columns === "all") return [];
  const names = tables.map(({ name }) => name);
  return table.columns.flatMap(({ name, origin }): readonly Problem[] => {
    if (origin.kind !== "uuid5" || names.includes(origin.table)) return [];
    const text = `table ${JSON.stringify(origin.table)} is not of this migration${didYouMean(origin.table, names)}`;
    return [problemAt(yaml, ["columns", name, "uuid5", "table"], [text, `the tables: ${names.join(", ")}`])];
  });
}
