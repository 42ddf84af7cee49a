// What the author of a step imports from "waybill/steps". The types are the contract of the two kinds of steps.

/** One row as a step sees it: every column text, or null. Columns of earlier steps stand beside those of the source. */
export type Row = Readonly<Record<string, string | null>>;

/** Says that a row goes no further: it is rejected, with this reason. Made by `reject`. */
export interface Rejection {
  readonly [rejection]: string;
}

/**
 * A function of one row and of nothing else: not of other rows, the clock, chance or the network. It gives the columns
 * that the mapping says it `adds` and `replaces` (others may stay in, unchanged), or a rejection.
 */
export type RowStep = (row: Row) => Row | Rejection;

/**
 * A function of all rows of a table: danfojs-node's DataFrame of text, nulls as null, with a column `_row` of numbers.
 * Rows are told by `_row`: those it leaves out are filtered, in whichever order it gives the others.
 */
export type FrameStep<DataFrame = Frame> = (frame: DataFrame) => DataFrame;

/** What Waybill itself needs of a DataFrame. With danfojs-node installed, its types say all: `FrameStep<DataFrame>`. */
export interface Frame {
  readonly columns: readonly string[];
  readonly shape: readonly [rows: number, columns: number];
  readonly values: unknown;
  /** A frame with one more column, or with other values in one that is there. */
  addColumn(name: string, values: readonly unknown[]): Frame;
  drop(options: { readonly columns: readonly string[] }): Frame;
  head(rows?: number): Frame;
  loc(options: { readonly rows?: readonly unknown[]; readonly columns?: readonly string[] }): Frame;
  query(condition: readonly boolean[]): Frame;
  sortValues(column: string, options?: { readonly ascending?: boolean }): Frame;
  column(name: string): { readonly values: readonly unknown[] };
}

const rejection = Symbol.for("waybill.rejection");

/** Rejects the row. The reason is for people and stands in reports: let it hold no value of the data. */
export function reject(reason: string): Rejection {
  return { [rejection]: reason } as unknown as Rejection;
}

/** The reason of a rejection; undefined for anything else. The symbol is shared: each step is bundled with its own copy. */
export function rejectionReason(result: object): unknown {
  return (result as { readonly [key: symbol]: unknown })[rejection];
}
