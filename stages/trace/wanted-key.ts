import { keyJson, literal } from "../../lib/mapping/sql.js";
import { parseKey, type UnitKey } from "../../lib/mapping/unit-key.js";
import { StageError } from "../../lib/model/errors.js";
import type { Sql } from "../../lib/model/names.js";
import type { Tracing, Transformed } from "./transforms.js";

/** A key as ledgers hold it: for each extract in which it can name a row, and for the target. */
export interface WantedKey {
  readonly source: ReadonlyMap<string, Sql>;
  readonly target: Sql | undefined;
  /** The columns that name a row of the target, as the transform has them. */
  readonly targetColumns: readonly string[];
  /** What was looked for, in words. */
  readonly words: string;
}

/** The key somebody typed, as it may stand in files; 64 where it can be neither a source's key nor the target's. */
export function wantedKey(typed: string, { migration }: Tracing, { extracts, gone, manifest }: Transformed): WantedKey {
  const key = parseKey(typed);
  const details = manifest?._waybill.details ?? {};
  const targetColumns = (details.targetKey ?? []) as readonly string[];
  const sources = [
    ...extracts.map(({ manifest: { _waybill } }) => keyOf(_waybill)),
    // What its key was called stands in the extract alone, unless the specification says it.
    ...gone.map((extract) => {
      const declared = migration.extracts.find(({ name }) => name === extract)?.key;
      return { extract, columns: declared ?? ["its key"] };
    }),
    ...keyOfQuery(details),
  ];
  const source = new Map(
    sources.flatMap(({ extract, columns }) => {
      const value = keySql(key, columns);
      return value === undefined ? [] : [[extract, value] as const];
    }),
  );
  const target = keySql(key, targetColumns);
  const named = [
    ...sources.map(({ extract, columns }) => `${columns.join(", ")} (in ${extract})`),
    ...(targetColumns.length === 0 ? [] : [`${targetColumns.join(", ")} (in the target)`]),
  ];
  if (source.size === 0 && target === undefined) {
    const found = key.kind === "value" ? "gives one value" : `names ${Object.keys(key.values).join(", ")}`;
    throw new StageError(
      "usage",
      `--key ${found}; a row is named by ${named.join(", or ")}`,
      `write --key '${(sources[0]?.columns ?? targetColumns).map((name) => `${name}=…`).join(",")}'`,
    );
  }
  return { source, target, targetColumns, words: `the key ${typed}, as ${named.join(" or ")},` };
}

interface SourceKey {
  readonly extract: string;
  readonly columns: readonly string[];
}

function keyOf({ subject, details }: { readonly subject: string; readonly details: object }): SourceKey {
  return { extract: subject, columns: ((details as { readonly key?: unknown }).key ?? []) as readonly string[] };
}

// A query's rows are named in its ledger by its lineage column; without one by all columns, which nobody types.
function keyOfQuery({ query }: { readonly query?: unknown }): readonly SourceKey[] {
  const lineage = (query as { readonly lineage?: unknown } | undefined)?.lineage;
  if (typeof lineage !== "object" || lineage === null) return [];
  const { column, of } = lineage as { readonly column: string; readonly of: string };
  return [{ extract: of, columns: [column] }];
}

/** The key as one text, or undefined where it does not name these columns. A list as ledgers write it is understood too. */
function keySql(key: UnitKey, columns: readonly string[]): Sql | undefined {
  if (columns.length === 0) return undefined;
  if (key.kind === "value")
    return columns.length === 1 || isList(key.value, columns.length) ? literal(key.value) : undefined;
  const names = Object.keys(key.values);
  if (names.length !== columns.length || !columns.every((name) => names.includes(name))) return undefined;
  return keyJson(columns.map((name) => literal(key.values[name] ?? null)));
}

function isList(text: string, length: number): boolean {
  if (!text.startsWith("[")) return false;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.length === length;
  } catch {
    return false;
  }
}
