import type { CsvValue } from "../model/csv-dialect.js";
import { StepFault } from "./step-fault.js";
import type { StepView } from "./step-layout.js";
import { wordFor } from "./step-result.js";

/** What we use of danfojs-node. */
export interface Danfo {
  readonly DataFrame: new (
    rows: readonly (readonly (CsvValue | number)[])[],
    options: { readonly columns: readonly string[]; readonly dtypes: readonly string[] },
  ) => object;
}

/** The column that says which row a row of a frame is. */
export const rowColumn = "_row";

/** danfojs makes each column a property of the frame: one named like a member of its own would break it. */
export function assertNamesFree(danfo: Danfo, { sees }: StepView): void {
  const empty = new danfo.DataFrame([], { columns: [rowColumn], dtypes: ["int32"] });
  for (const [name] of sees) {
    if (name === rowColumn)
      throw new StepFault(`needs the name ${rowColumn}: rename the source's column in the extract (select: … AS …)`);
    if (name in empty)
      throw new StepFault(
        `cannot see column ${JSON.stringify(name)}, a member of every DataFrame: rename it in the extract (select: … AS …), or where a step adds it`,
      );
  }
}

/** The rows `seen` as a frame: every column text or null, and `_row`. */
export function makeFrame(
  { DataFrame }: Danfo,
  { sees }: StepView,
  { rows, seen }: { readonly rows: readonly (readonly CsvValue[])[]; readonly seen: readonly number[] },
): object {
  return new DataFrame(
    seen.map((row) => [...sees.map(([, at]) => rows[row]?.[at] ?? null), row]),
    { columns: [...sees.map(([name]) => name), rowColumn], dtypes: [...sees.map(() => "string"), "int32"] },
  );
}

/** One row of a frame that came back. */
export interface FrameRow {
  readonly row: number;
  /** Without `_row`; what danfojs calls missing (NaN) is null. */
  readonly columns: Readonly<Record<string, unknown>>;
}

/** The rows of what a frame step gave; it throws unless each is one of `known`, and none comes twice. */
export function* rowsOfFrame(result: unknown, known: ReadonlySet<number>): Generator<FrameRow> {
  const { columns, values } = partsOf(result);
  const at = columns.indexOf(rowColumn);
  if (at === -1) throw new StepFault(`gave a frame without the column ${rowColumn}, which tells its rows`);
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined) throw new StepFault("gave a frame with two columns of one name");
  const taken = new Set<number>();
  for (const given of values) {
    const row = rowNumber(given[at]);
    if (row === undefined || !known.has(row))
      throw new StepFault(`gave a row whose ${rowColumn} is none of those it was given`);
    if (taken.has(row)) throw new StepFault(`gave a row twice: its ${rowColumn} stands there two times`);
    taken.add(row);
    yield {
      row,
      columns: Object.fromEntries(
        columns.flatMap((name, index) => (index === at ? [] : [[name, presentOrNull(given[index])]])),
      ),
    };
  }
}

interface FrameParts {
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

function partsOf(result: unknown): FrameParts {
  if (result === null || typeof result !== "object" || result instanceof Promise)
    throw new StepFault(`gave ${wordFor(result)} instead of a DataFrame`);
  const { columns, values, shape } = result as Partial<Record<"columns" | "values" | "shape", unknown>>;
  if (Array.isArray(columns) && Array.isArray(values) && Array.isArray(shape) && shape.length === 2)
    return { columns, values };
  throw new StepFault("gave something that is no DataFrame");
}

// A frame that was merged or grouped may hold its numbers as text.
function rowNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : undefined;
}

function presentOrNull(value: unknown): unknown {
  return value === undefined || Number.isNaN(value) ? null : value;
}
