import { parseRows } from "../files/csv-rows.js";
import { isPii, piiColumns } from "../mapping/fingerprints.js";
import type { Migration, Table } from "../mapping/migration.js";
import { StageError } from "../model/errors.js";
import { veiled } from "../model/hash.js";
import type { Manifest } from "../model/manifest.js";

/** How keys are told: which columns they are, and whether their values are personal data. */
export interface KeyColumns {
  readonly columns: readonly string[];
  readonly isHidden: boolean;
}

/** The key of an extract's rows. Its values are not told where a column marked `pii` is made of them. */
export function keyColumnsOf(migration: Migration, { _waybill }: Manifest): KeyColumns {
  const columns = (_waybill.details.key ?? []) as readonly string[];
  const extract = migration.extracts.find(({ name }) => name === _waybill.subject);
  const pii = extract === undefined ? [] : piiColumns(migration, extract);
  // Without a key, all columns are the key.
  const isWhole = _waybill.details.keyKind === "whole row";
  return { columns, isHidden: isWhole || columns.some((name) => isPii(pii, name)) };
}

/** A row among others, as somebody can find it. */
export interface RowPlace {
  readonly part: string;
  /** Counted from 1 in its part. */
  readonly number: number;
  /** Rows as CSV, of which it is the one at `row`. */
  readonly csv: Uint8Array;
  readonly row: number;
  readonly columns: readonly string[];
  readonly key: KeyColumns;
}

export interface Failure {
  /** The step's place among those of the table. */
  readonly step: number;
  /** What it did, to be read after "it". */
  readonly text: string;
  readonly place?: RowPlace;
}

/** What a step did wrong, and at which row. Its author has to mend it, so it counts as the specification's fault (78). */
export function failure(table: Table, { step: index, text, place }: Failure): StageError {
  const step = table.steps[index];
  const where = place === undefined ? "" : `, ${place.part} row ${place.number}, key ${keyText(place)}`;
  const isRow = step?.kind === "row";
  return new StageError(
    "specification",
    `${table.file}: ${step?.rule} (${step?.file})${where}: it ${text}`,
    `mend the step${isRow && place !== undefined ? '; a row it cannot do anything with it may reject: return reject("why")' : ""}`,
  );
}

function keyText({ csv, row, columns, key }: RowPlace): string {
  const found = parseRows(Buffer.from(csv).toString("utf8"))[row] ?? [];
  const values = key.columns.map((name) => found[columns.indexOf(name)] ?? null);
  const text = values.length === 1 ? (values[0] ?? "\\N") : JSON.stringify(values);
  return key.isHidden ? veiled(text) : text;
}
