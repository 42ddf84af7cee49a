import type { ColumnType } from "./column-type.js";

/** Why values of a source's type, taken as they stand in its file, would mean something else in a column; undefined: they would not. */
export function unlikeTypes(
  databaseType: string,
  { kind, text }: Pick<ColumnType, "kind" | "text">,
): string | undefined {
  const isBits = /^(?:bit|bit varying|varbit)\b/i.test(databaseType) && !/^bit(?:\(1\))?$/i.test(databaseType);
  const readsDigits = ["integer", "decimal", "float", "json", "jsonb"].includes(kind.kind);
  if (!isBits || !readsDigits) return undefined;
  return `${databaseType} stands in the files as its digits 0 and 1, which ${text} would take for another number`;
}
