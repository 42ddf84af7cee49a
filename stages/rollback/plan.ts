import type { Undo } from "../../lib/databases/kept-port.js";
import type { Changes, LastLoad } from "../../lib/databases/rollback-port.js";
import type { Table } from "../../lib/mapping/migration.js";
import { holdsPrivate } from "../../lib/mapping/private-columns.js";
import { counted } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import { veiled } from "../../lib/model/hash.js";

/** A table and what the ledger says of its latest load. */
export interface Asked {
  readonly table: Table;
  readonly last: LastLoad;
  /** The columns that name a row. */
  readonly key: readonly string[];
}

/** A load that is there, and what it kept to be taken back by. */
export interface Undoable extends Asked {
  readonly last: LastLoad & { readonly kind: "there" };
  readonly undo: Undo;
}

/**
 * The tables whose loads are to be taken back. Throws "difference" where a later load lies on top of one, "missing"
 * where one kept nothing: all obstacles at once.
 */
export function undoables(all: readonly Asked[]): readonly Undoable[] {
  const found: Undoable[] = [];
  const onTop: string[] = [];
  const unkept: string[] = [];
  for (const asked of all) {
    const { table, last } = asked;
    if (last.kind !== "there") continue;
    const later = last.later.map(({ migration, generation }) => `${generation} of ${migration}`);
    if (later.length > 0) onTop.push(`${table.name}: loaded since: ${later.join(", ")}`);
    else if (last.undo === undefined) unkept.push(`${table.name}: its load kept nothing to be taken back by`);
    else found.push({ ...asked, last, undo: last.undo });
  }
  if (onTop.length > 0)
    throw new StageError(
      "difference",
      onTop.join("\n"),
      "take the later one back first (a unit by its --key or --sample); nothing was taken back",
    );
  if (unkept.length > 0)
    throw new StageError("missing", unkept.join("\n"), "restore these tables from the database's backup");
  return found;
}

/** What taking a load back would do, in words. */
export function wouldDo({ last, undo }: Undoable): string {
  const loaded = `the load of ${counted(last.generation.counts.after, "row")}`;
  switch (undo.kind) {
    case "empty":
      return `${loaded} would be taken back; the table was empty before`;
    case "previous table":
      return `${loaded} would be taken back; ${counted(undo.rows, "row")} that it replaced would be there again`;
    case "images": {
      const { inserted, updated } = last.generation.counts;
      return `${counted(inserted, "inserted row")} would go, and ${counted(updated, "updated row")} be what they were`;
    }
    default:
      return undo satisfies never;
  }
}

/** What others did since, in words, with the first keys: of private columns only what they hash to. */
export function changesText({ table, key, undo, last }: Undoable, changes: Changes): string {
  if (changes.whichUnknown) {
    const { after } = last.generation.counts;
    return `${table.name}: since it was loaded, others wrote to it: ${counted(after, "row")} then, ${counted(changes.written, "row")} now, and the database does not tell which are theirs`;
  }
  const { written, keys } = changes;
  const hides = holdsPrivate(table, key);
  const shown = keys.map((one) => (hides ? veiled(one) : one)).join("; ");
  const first = shown === "" ? "" : ` (${key.join(", ")}: ${shown}${written > keys.length ? "; …" : ""})`;
  const told = toldOf(undo, changes).filter(([count]) => count > 0);
  const texts = told.map(([count, what], index) => {
    const of = index === 0 && written > 0 ? first : "";
    return `${counted(count, "row")} ${count === 1 ? "was" : "were"} ${what}${of}`;
  });
  return `${table.name}: since it was loaded, ${texts.join(", and ")}`;
}

// Where all rows of a table are the load's, and both some were written and some are gone, nobody knows which of them
// were changed: the changed are among either.
function toldOf({ kind }: Undo, { written, gone }: Changes): readonly (readonly [number, string])[] {
  if (kind === "images")
    return [
      [written, "changed"],
      [gone - written, "deleted"],
    ];
  if (gone === 0) return [[written, "added"]];
  if (written === 0) return [[gone, "deleted"]];
  return [
    [written, "changed or added"],
    [gone, "changed or deleted"],
  ];
}
