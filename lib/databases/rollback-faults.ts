import type { Checksum } from "../model/checksum.js";
import { StageError } from "../model/errors.js";

const restoreHint = "restore the table from the database's backup; Waybill cannot take this load back any more";

/** What to do where rows of one table keep another's from going back. */
export const togetherHint =
  "take both tables back together, where both can be (without names: all of them), or remove those rows";

/** Another load of the table, or another rollback, came in between. */
export function loadedMeanwhile(table: string): StageError {
  return new StageError(
    "temporary",
    `${table}: somebody else loaded it or took it back just now`,
    "run the same command again",
  );
}

/** The ledger says that a load was taken back, and not how. */
export function damagedLedger(table: string, generation: string, ledger: string): StageError {
  return new StageError(
    "integrity",
    `${table}: the ledger calls ${generation} taken back, and does not say how`,
    `somebody changed ${ledger}: restore it from the database's backup`,
  );
}

/** The table of former rows, and how many it was given. */
export interface KeptTable {
  readonly table: string;
  readonly rows: number;
}

/** The table that kept a table's former rows is gone. */
export function formerRowsGone(qualifiedName: string, { table, rows }: KeptTable): StageError {
  const message = `${qualifiedName}: ${table}, which held its ${rows} former rows, is not there any more`;
  return new StageError("missing", message, restoreHint);
}

/** It holds more or fewer rows than were kept. */
export function formerRowsCounted(qualifiedName: string, { table, rows }: KeptTable, count: number): StageError {
  const message = `${qualifiedName}: ${rows} former rows were kept in ${table}, it holds ${count}`;
  return new StageError("integrity", message, restoreHint);
}

/** Some of them (`changed`, with the verb) are not what they were when they were kept. */
export function formerRowsChanged(qualifiedName: string, { table, rows }: KeptTable, changed: string): StageError {
  const message = `${qualifiedName}: of its ${rows} former rows in ${table} ${changed} written after they were kept`;
  return new StageError("integrity", message, restoreHint);
}

/** Throws "integrity" where a table has other columns, or of another type, than the one that kept its former rows. */
export function assertSameShape(
  qualifiedName: string,
  kept: string,
  { now, former }: { readonly now: readonly string[]; readonly former: readonly string[] },
): void {
  const changed = [...now.filter((one) => !former.includes(one)), ...former.filter((one) => !now.includes(one))];
  if (changed.length === 0) return;
  throw new StageError(
    "integrity",
    `${qualifiedName}: its columns are not those of its former rows any more: ${changed.join(", ")}`,
    `change them back first, or bring the rows of ${kept} back by hand`,
  );
}

/** Throws "integrity" unless all rows of a table are, by number and checksum, those that were kept. */
export function assertAllBack(qualifiedName: string, now: Checksum, kept: Checksum): void {
  if (now.sum === kept.sum && now.count === kept.count) return;
  throw new StageError(
    "integrity",
    `${qualifiedName}: its ${now.count} rows are not the ${kept.count} that were kept (checksum ${now.sum}, kept ${kept.sum}); nothing was taken back`,
    "look for what changes rows while they are written: rules, generated columns, triggers of other schemas",
  );
}

/** Throws "integrity" where the images name columns that the table has no more. */
export function assertColumnsThere(qualifiedName: string, lost: readonly string[]): void {
  if (lost.length === 0) return;
  throw new StageError(
    "integrity",
    `${qualifiedName}: its former rows have the columns ${lost.join(", ")}, the table has them no more`,
    "change its columns back first",
  );
}

/** Throws "integrity" unless the rows that were changed are, by number and checksum, what they had been. */
export function assertImagesBack(qualifiedName: string, now: Checksum, kept: Checksum): void {
  if (now.sum === kept.sum && now.count === kept.count) return;
  throw new StageError(
    "integrity",
    `${qualifiedName}: ${kept.count} rows were to be what they had been (checksum ${kept.sum}), ${now.count} are there (${now.sum}); nothing was taken back`,
    "look for what changes rows while they are written: rules, generated columns",
  );
}

/** A foreign key that would not hold any more. */
export interface BrokenKey {
  readonly child: string;
  readonly parent: string;
  readonly name: string;
}

/** Rows would be left that refer to rows which go. */
export function orphansLeft({ child, parent, name }: BrokenKey, count: number, cause?: unknown): StageError {
  const rows = count === 1 ? "1 row refers" : `${count} rows refer`;
  return new StageError(
    "difference",
    `${child}: ${rows} to rows that ${parent} would not hold any more (foreign key ${name}); nothing was taken back`,
    togetherHint,
    cause,
  );
}
