import { join } from "node:path";
import { Readable } from "node:stream";
import type { KeepRows, KeptColumn, KeptFile, Undo } from "../../lib/databases/kept-port.js";
import { quarantineColumns } from "../../lib/databases/rejects-port.js";
import type { BeforeCommit } from "../../lib/databases/target-port.js";
import { writeRecords } from "../../lib/files/csv-file.js";
import { readRows } from "../../lib/files/csv-rows.js";
import { openKeptFile } from "../../lib/files/kept-file.js";
import type { WrittenFile } from "../../lib/files/part-writer.js";
import { emptyStageFolder, removeFrom } from "../../lib/files/stage-folder.js";
import { renameFile } from "../../lib/files/whole-file.js";
import { type CsvValue, encodeRow } from "../../lib/model/csv-dialect.js";
import { StageError } from "../../lib/model/errors.js";
import type { Resource } from "../../lib/model/manifest.js";
import { fieldOf, resourceOf } from "../../lib/model/resource.js";

/** What a load keeps beside its manifest: `undo-….csv.gz`, the rows as they were, and `rejects.csv.gz`, those refused. */
export interface KeptFiles {
  readonly keep: KeepRows;
  /** Puts what is kept in the place of what an older load has left, its manifest with it. Done twice it counts once. */
  readonly takeTheirPlace: BeforeCommit;
  /** The files that were kept, for the manifest. */
  resources(): readonly Resource[];
}

/** Takes what is to be kept into a load's folder. A file kept twice is that of the last attempt. */
export function keptFilesIn(folder: string): KeptFiles {
  const kept = new Map<KeptFile, Resource>();
  let inPlace = false;
  return {
    keep: async (name, columns, rows) => {
      inPlace = false;
      const names = columns.map((column) => column.name);
      const written = join(folder, name === "undo" ? "undo.csv.gz" : refusedPath);
      const file = await writeRecords(written, names, rows);
      const path = name === "undo" ? undoPath(file) : rejectsPath;
      if (name === "undo") await renameFile(written, join(folder, path));
      kept.set(name, describe(file, { path, name, columns }));
      return { file: path, hash: file.contentHash, rowCount: file.rowCount };
    },
    takeTheirPlace: async () => {
      if (inPlace) return;
      await emptyStageFolder(folder, (name) => isUndo(name) || name === refusedPath);
      if (kept.has("rejects")) await renameFile(join(folder, refusedPath), join(folder, rejectsPath));
      else await removeFrom(folder, (name) => name === refusedPath);
      inPlace = true;
    },
    resources: () => [...kept.values()],
  };
}

function describe(
  file: WrittenFile,
  { path, name, columns }: { readonly path: string; readonly name: KeptFile; readonly columns: readonly KeptColumn[] },
): Resource {
  return resourceOf(file, { path, role: name, fields: columns.map(fieldOf) });
}

// By its content: until this load commits, the file of the load before is what that one could be taken back with.
const undoPath = ({ contentHash }: WrittenFile): string =>
  `undo-${contentHash.slice("sha256:".length).slice(0, 12)}.csv.gz`;
const isUndo = (name: string): boolean => /^undo-[0-9a-f]{12}\.csv\.gz$/.test(name);

/** Removes what older loads could have been taken back with, once a later one has committed: one step back is kept. */
export async function forgetOldUndo(folder: string, kept: readonly Resource[]): Promise<void> {
  await removeFrom(folder, (name) => isUndo(name) && !kept.some(({ path }) => path === name));
}

/** The file of the rows that were put aside. */
export const rejectsPath = "rejects.csv.gz";

// The same rows until their load commits: of a load that fails they are to be looked at, beside those of the one before.
const refusedPath = "refused.csv.gz";

/**
 * The file of rows put aside that an earlier run left and could not list any more. Throws "integrity" where it does not
 * hold so many.
 */
export async function rejectsKeptBefore(folder: string, rowCount: number): Promise<Resource> {
  const file = join(folder, rejectsPath);
  const rows = readRows(file);
  const header = await rows.next();
  const names = header.done === true ? [] : header.value.map((name) => name ?? "");
  // Written once more, byte for byte the same: so is everything said of it that is said of a new one.
  const written = await writeRecords(file, names, Readable.from(encoded(rows), { objectMode: false }));
  const others = names.slice(quarantineColumns.length).map((name) => ({ name, type: "string" }));
  const columns = [...quarantineColumns, ...others];
  if (written.rowCount === rowCount) return describe(written, { path: rejectsPath, name: "rejects", columns });
  throw new StageError(
    "integrity",
    `${file} holds ${written.rowCount} rows, and the target's ledger knows of ${rowCount} that were quarantined`,
    "load the table again: waybill load --force",
  );
}

/**
 * The file that an earlier run kept to take itself back and could not list any more; `types` are those of the table's
 * columns. Throws "missing" where it is gone, "integrity" where it is not what the target's ledger says.
 */
export async function undoKeptBefore(
  folder: string,
  undo: Undo & { readonly kind: "images" },
  types: ReadonlyMap<string, string>,
): Promise<Resource> {
  const kept = await openKeptFile(folder, undo, "without it this load cannot be taken back");
  const written = await writeRecords(join(folder, undo.file), kept.columns, kept.open());
  // The first two are load's own, whatever the table's are called.
  const columns = kept.columns.map((name, place) => ({ name, type: (place > 1 && types.get(name)) || "string" }));
  return describe(written, { path: undo.file, name: "undo", columns });
}

async function* encoded(rows: AsyncIterable<readonly CsvValue[]>): AsyncGenerator<string> {
  for await (const row of rows) yield encodeRow(row);
}
