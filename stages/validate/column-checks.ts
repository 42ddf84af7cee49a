import type { DatabaseColumn, StructureObject } from "../../lib/databases/port.js";
import { type ColumnType, readColumnType } from "../../lib/mapping/column-type.js";
import { targetFile } from "../../lib/mapping/target-types.js";
import { holdsAll } from "../../lib/mapping/type-holds.js";
import { counted } from "../../lib/mapping/words.js";
import type { Check } from "./check.js";

/** Whether the target's columns are those of schema/target.yaml, of the same types, and NULL allowed in the same. */
export function columnsByFile(wanted: ReadonlyMap<string, ColumnType>, live: readonly DatabaseColumn[]): Check {
  const faults = [...wanted].flatMap(([name, type]) => {
    const now = live.find((one) => one.name === name);
    if (now === undefined) return [`${name} is not there`];
    const expected = `${type.text}${type.isNullable ? "" : " not null"}`;
    return isOfType(now, type)
      ? []
      : [`${name} is ${now.databaseType}${now.nullable ? "" : " not null"}, not ${expected}`];
  });
  const unlisted = live.filter(({ name, generated }) => !generated && !wanted.has(name));
  const added = unlisted.map(({ name }) => `${name}, which it does not list`);
  return columnCheck(`schema: columns as ${targetFile} has them`, wanted.size, { faults, added });
}

// Two types are one where each takes every value of the other, however they are spelled; of `any` nothing is known.
function isOfType({ databaseType, valueType = databaseType, nullable }: DatabaseColumn, wanted: ColumnType): boolean {
  const type = readColumnType(valueType);
  const isSame = "hint" in type || (holdsAll(type, wanted) && holdsAll(wanted, type));
  return isSame && nullable === wanted.isNullable;
}

type Named = Pick<StructureObject, "name" | "definition">;

/** Whether the columns are what they were when load had finished: types, defaults, collations, what they are computed by. */
export function columnsAsLeft(was: readonly Named[], now: readonly Named[]): Check {
  const faults = was.flatMap(({ name, definition }) => {
    const live = now.find((one) => one.name === name);
    if (live === undefined) return [`${name} is not there`];
    return live.definition === definition ? [] : [`${name} is ${live.definition}, not ${definition}`];
  });
  const isNew = ({ name }: Named): boolean => !was.some((one) => one.name === name);
  const added = now.filter(isNew).map(({ name }) => `${name}, which came since`);
  return columnCheck("schema: columns as load left them", was.length, { faults, added });
}

interface Difference {
  readonly faults: readonly string[];
  readonly added: readonly string[];
}

// A column more leaves all values where they were: to be known, not to be repaired.
function columnCheck(name: string, columnCount: number, { faults, added }: Difference): Check {
  const found = [...faults, ...added];
  const expected = counted(columnCount, "column");
  const verdict = faults.length > 0 ? "failed" : added.length > 0 ? "warned" : "passed";
  return { name, expected, actual: found.length === 0 ? expected : found.join("; "), verdict };
}
