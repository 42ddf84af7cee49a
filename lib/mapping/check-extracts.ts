import { didYouMean } from "../model/nearest.js";
import { namesIn } from "./expression.js";
import type { Extract, Query } from "./migration.js";
import type { Problem } from "./problems.js";
import { isSame, wideLineage } from "./query.js";
import { type Known, problemAt, type TableFile } from "./table-file.js";
import { listed } from "./words.js";
import type { YamlPath } from "./yaml-file.js";

/** The extracts a table's file names: declared, each once, and each with an origin where a column names any. */
export function checkExtracts(file: TableFile, known: Known): readonly Problem[] {
  return [...checkDeclared(file, known), ...checkRowRules(file), ...checkOrigins(file)];
}

function checkDeclared({ table, parsed, yaml }: TableFile, { extracts }: Known): readonly Problem[] {
  if (table.query !== undefined) return checkQuery({ table, yaml }, table.query, extracts);
  const names = extracts.map(({ name }) => name);
  return table.extracts.flatMap((name, index): readonly Problem[] => {
    const path = parsed.union === undefined ? ["from"] : ["union", index];
    if (table.extracts.indexOf(name) < index)
      return [problemAt(yaml, path, [`extract ${JSON.stringify(name)} stands in union already`, "name it once"])];
    if (names.includes(name)) return [];
    const text = `extract ${JSON.stringify(name)} is not declared${didYouMean(name, names)}`;
    return [
      problemAt(yaml, path, [text, `declare it under extracts: in migration.yaml; declared: ${names.join(", ")}`]),
    ];
  });
}

/** A query names extracts; its lineage is one of them, whose rows one column can name. */
function checkQuery({ yaml }: Place, { sql, reads, lineage }: Query, extracts: readonly Extract[]): readonly Problem[] {
  const names = extracts.map(({ name }) => name);
  const declared = `declared: ${names.join(", ")}`;
  if (reads.length === 0) {
    const meant = namesIn(sql).flatMap((word) => didYouMean(word, names) || [])[0] ?? "";
    return [problemAt(yaml, ["query"], [`query names no extract${meant}`, `select from one; ${declared}`])];
  }
  const twins = reads.filter((name, index) => reads.slice(0, index).some((other) => isSame(other, name)));
  const same = twins.map((name) => {
    const text = `query may read ${JSON.stringify(name)}, which differs from another extract only in case`;
    return problemAt(yaml, ["query"], [text, "rename one under extracts: in migration.yaml"]);
  });
  return [...same, ...(lineage === undefined ? [] : checkLineage(yaml, { reads, lineage }, extracts))];
}

function checkLineage(
  yaml: TableFile["yaml"],
  { reads, lineage: { of } }: Pick<Query, "reads"> & { readonly lineage: NonNullable<Query["lineage"]> },
  extracts: readonly Extract[],
): readonly Problem[] {
  const path = ["lineage", "of"];
  if (!reads.includes(of)) {
    const text = `lineage: the query does not read extract ${JSON.stringify(of)}${didYouMean(of, reads)}`;
    return [problemAt(yaml, path, [text, `it reads ${listed(reads)}`])];
  }
  const key = extracts.find(({ name }) => name === of)?.key ?? [];
  return key.length > 1 ? [problemAt(yaml, path, wideLineage(of, key))] : [];
}

function checkRowRules({ table, parsed, yaml }: TableFile): readonly Problem[] {
  return (["filter", "reject"] as const).flatMap((kind) =>
    parsed[kind].flatMap(({ in: extract }, index) =>
      extract === undefined ? [] : unknown({ table, yaml }, [kind, index, "in"], extract),
    ),
  );
}

type Place = Pick<TableFile, "table" | "yaml">;

/** A map of extracts in a column names each extract of the table, and no other. */
function checkOrigins({ table, yaml }: TableFile): readonly Problem[] {
  if (table.columns === "all") return [];
  return table.columns.flatMap(({ name, origin }) => {
    if (origin.kind !== "per_extract") return [];
    const path = ["columns", name];
    const named = origin.origins.map(({ extract }) => extract);
    const missing = table.extracts.filter((extract) => !named.includes(extract));
    const text = `columns.${name}: nothing for ${listed(missing)}, of which ${table.name} is made too`;
    return [
      ...named.flatMap((extract) => unknown({ table, yaml }, path, extract)),
      ...(missing.length === 0
        ? []
        : [problemAt(yaml, path, [text, `add ${missing.map((one) => `${one}: …`).join(", ")}`])]),
    ];
  });
}

function unknown({ table, yaml }: Place, path: YamlPath, extract: string): readonly Problem[] {
  const names: readonly string[] = table.extracts;
  if (names.includes(extract)) return [];
  const text = `${table.name} is not made from extract ${JSON.stringify(extract)}${didYouMean(extract, names)}`;
  return [problemAt(yaml, path, [text, `it is made from ${listed(names)}`])];
}
