import { link, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type CsvValue, encodeRow } from "../model/csv-dialect.js";
import { StageError } from "../model/errors.js";
import { diskError, errorCode } from "./disk-error.js";
import { draftOf, fileMode, publishDraft, removeDraft } from "./whole-file.js";

export interface PlainRows {
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<readonly CsvValue[]>;
  /** Whether a file that is there already may go. */
  readonly replaces: boolean;
}

/**
 * Writes rows as a plain CSV file in Waybill's dialect, header first, whole or not at all, in bounded memory. 64 for a file
 * that is there and may not go: somebody may have worked on it.
 */
export async function writePlainRows(path: string, { columns, rows, replaces }: PlainRows): Promise<void> {
  try {
    await removeDraft(path);
    const draft = await open(draftOf(path), "wx", fileMode);
    await pipeline(Readable.from(linesOf(columns, rows)), draft.createWriteStream({ flush: true }));
  } catch (error) {
    throw await givenUp(path, error);
  }
  if (replaces) return await publishDraft(path);
  try {
    // A link is refused where a file is, however lately it came; a rename would take its place.
    await link(draftOf(path), path);
    await removeDraft(path);
  } catch (error) {
    throw await givenUp(path, error);
  }
}

async function givenUp(path: string, error: unknown): Promise<unknown> {
  await removeDraft(path).catch(() => {});
  switch (errorCode(error)) {
    case "EEXIST":
      return new StageError("usage", `${path} is there already`, "name another file, or replace it with --force");
    case "ENOENT":
      return new StageError("usage", `the folder of ${path} is not there`, `make it: mkdir -p ${dirname(path)}`);
    default:
      return diskError(error, path);
  }
}

async function* linesOf(columns: readonly string[], rows: PlainRows["rows"]): AsyncGenerator<string> {
  yield encodeRow(columns);
  for await (const row of rows) yield encodeRow(row);
}
