import type { CsvValue } from "../model/csv-dialect.js";
import type { Row } from "./authoring.js";
import { StepFault } from "./step-fault.js";
import type { StepView } from "./step-layout.js";

/**
 * Takes what a step made of one row into its places in `values`. Refuses what is missing, what is no text, and what the
 * mapping does not know of: a column changed without `replaces` would be lost without a word.
 */
export function takeColumns(
  result: Readonly<Record<string, unknown>>,
  {
    view,
    values,
    row,
    code,
  }: { readonly view: StepView; readonly values: CsvValue[]; readonly row: Row; readonly code: string },
): void {
  for (const name of Object.keys(result)) assertKnown(name, { result, view, row, code });
  for (const [name, at] of view.makes) {
    if (!Object.hasOwn(result, name))
      throw new StepFault(`gave no value for column ${JSON.stringify(name)}; null is NULL`);
    values[at] = textOf(result[name], name);
  }
}

interface Given {
  readonly result: Readonly<Record<string, unknown>>;
  readonly view: StepView;
  readonly row: Row;
  readonly code: string;
}

function assertKnown(name: string, { result, view, row, code }: Given): void {
  if (view.makes.some(([made]) => made === name)) return;
  if (!Object.hasOwn(row, name)) {
    // A name that does not stand in the code may be made of a value.
    const shown = code.includes(name) ? ` ${JSON.stringify(name)}` : "";
    throw new StepFault(`gave a column${shown} that adds: does not name`);
  }
  if (result[name] === row[name]) return;
  throw new StepFault(`changed column ${JSON.stringify(name)}, which replaces: does not name`);
}

/** A value as it goes on: text or NULL, nothing else. */
export function textOf(value: unknown, column: string): CsvValue {
  if (value === null) return null;
  if (typeof value !== "string")
    throw new StepFault(`gave ${wordFor(value)} for column ${JSON.stringify(column)}, where text or null belongs`);
  // Half a surrogate pair has no UTF-8: it would arrive as another character.
  if (!value.isWellFormed()) throw new StepFault(`gave text that is no Unicode for column ${JSON.stringify(column)}`);
  return value;
}

/** What a value is, without the value. */
export function wordFor(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (value instanceof Promise) return "a Promise";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
