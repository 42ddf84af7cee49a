import { PassThrough, type Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { StageError } from "../model/errors.js";
import type { KeepRows, KeptColumn, Undo } from "./kept-port.js";

/** What stands before a row's own columns in a file of images: inserted or updated, and the MD5 of the row afterwards. */
export const imageOwnColumns: readonly KeptColumn[] = ["_change", "_after"].map((name) => ({ name, type: "string" }));

/** Rows that a load is about to change. */
export interface ChangingRows {
  readonly qualifiedName: string;
  /** The table's columns that can be written. */
  readonly columns: readonly KeptColumn[];
  readonly rowCount: number;
  readonly keep: KeepRows;
}

/** Keeps the images of rows, given as CSV after the two own columns. Throws "integrity" unless all of them were kept. */
export async function keptImages(
  { qualifiedName, columns, rowCount, keep }: ChangingRows,
  rows: Readable,
): Promise<Undo> {
  const all = [...imageOwnColumns, ...columns.map(({ name, type }) => ({ name, type }))];
  const kept = await shielded(rows, (images) => keep("undo", all, images));
  if (kept.rowCount !== rowCount)
    throw new StageError(
      "integrity",
      `${qualifiedName}: ${rowCount} rows were to be kept as they were, ${kept.rowCount} are; nothing was written`,
      "run the same command again",
    );
  return { kind: "images", file: kept.file, hash: kept.hash, rows: kept.rowCount };
}

// Whoever gives up reading a stream destroys it, and with it the session that has to put everything back in place: so a
// copy of the stream is handed out, and the rest of the rows is read to its end.
async function shielded<Result>(rows: Readable, work: (copy: Readable) => Promise<Result>): Promise<Result> {
  const copy = new PassThrough();
  // Whoever gave up listens no more: what then becomes of the rows must not end the process.
  copy.on("error", () => undefined);
  rows.once("error", (error) => copy.destroy(error));
  rows.pipe(copy);
  try {
    return await work(copy);
  } catch (error) {
    rows.unpipe(copy);
    rows.resume();
    await finished(rows).catch(() => undefined);
    throw error;
  }
}
