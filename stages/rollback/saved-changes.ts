import { join } from "node:path";
import type { OnChanges, SavedChanges } from "../../lib/databases/rollback-port.js";
import { writeRecords } from "../../lib/files/csv-file.js";
import { openKeptFile } from "../../lib/files/kept-file.js";
import { isFile } from "../../lib/files/manifest-file.js";
import { StageError } from "../../lib/model/errors.js";
import type { Resource } from "../../lib/model/manifest.js";
import { type FileFacts, fieldOf, resourceOf } from "../../lib/model/resource.js";
import { changesText, type Undoable } from "./plan.js";

/** Saves rows that others changed into the table's folder, where the options say so; else refuses to take them. */
export function savingTo(
  folder: string,
  asked: Undoable,
  { save, tell }: { readonly save: boolean; tell(text: string): void },
): OnChanges {
  let file: string | undefined;
  return async (changes, rowsOf) => {
    const text = changesText(asked, changes);
    if (!save)
      throw new StageError(
        "difference",
        `${text}; nothing was taken back`,
        "to save these rows as they are now, and then take the load back all the same: --save-changes",
      );
    const { columns, rows } = rowsOf();
    // Asked a second time, the first try has come to nothing.
    file ??= await freeName(folder);
    const names = columns.map(({ name }) => name);
    const written = await writeRecords(join(folder, file), names, rows);
    tell(`${text}; saved in ${join(folder, file)}`);
    return { file, hash: written.contentHash, rowCount: written.rowCount, columns };
  };
}

// What an earlier rollback saved is the only copy there is: never overwritten.
async function freeName(folder: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? "changes.csv.gz" : `changes-${number}.csv.gz`;
    if (!(await isFile(join(folder, name)))) return name;
  }
}

/** A saved file as a manifest lists it: its content is proved, and its bytes are written anew as they were. */
export async function savedResource(folder: string, saved: SavedChanges): Promise<Resource> {
  const hint = "restore it from a backup of the work directory";
  const { columns, open } = await openKeptFile(folder, saved, hint);
  const facts: FileFacts = await writeRecords(join(folder, saved.file), columns, open());
  return resourceOf(facts, { path: saved.file, role: "changes", fields: saved.columns.map(fieldOf) });
}
