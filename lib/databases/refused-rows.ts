// What holds of looking for the rows that the database refuses:
// 1. Nothing that is tried stays: the whole search is one transaction that is rolled back.
// 2. A row is refused when the database refuses it alone, after all rows before it that it took, in the parts' order.
//    So of two rows that exclude each other the first stays, however many workers load the rest.
// 3. What the server says about where a row stands makes the search shorter, never its result another.
import { Readable } from "node:stream";
import { sql } from "../mapping/sql.js";
import { decodeRow } from "../model/csv-dialect.js";
import type { Sql } from "../model/names.js";
import { recordBatches } from "../model/record-batches.js";
import { recordEnds } from "../model/record-scanner.js";
import {
  type BrokenReference,
  keyText,
  type LostKeys,
  type LostParent,
  lostParentIn,
  rowsOfLostParents,
} from "./lost-rows.js";
import type { QuarantineDatabase, Refusal } from "./quarantine-port.js";
import type { ParentReference } from "./rejects-port.js";
import type { PartToLoad } from "./target-port.js";

/** A row that is put aside, as it stands in its part, and why. */
export interface RefusedRow {
  readonly part: string;
  /** Counted from 1. */
  readonly row: number;
  /** The record with its line feed. */
  readonly record: string;
  readonly refusal: Omit<Refusal, "line" | "code"> & { readonly code: string | null };
}

/** A foreign key that holds for every row once all of them are there. */
export interface EnforcedReference extends ParentReference {
  readonly broken?: BrokenReference;
}

/** The way in which rows are tried, inside the transaction that is rolled back. */
export interface Trial {
  /** Where the rows are that were taken. */
  readonly table: Sql;
  /**
   * Makes all ready that could refuse a row, apart from foreign keys that show only once all rows are there, which it
   * gives: of the table to itself, since rows that stand later in the parts may be parents of earlier ones.
   */
  begin(): Promise<readonly EnforcedReference[]>;
  /** Takes rows in, or throws what the database has against them. */
  take(rows: PartToLoad): Promise<void>;
  /** Brings the session back to what it was; called after all was undone. */
  end?(): Promise<void>;
  /** The server's words with the names that things have outside the trial. */
  named?(words: string): string;
}

/** What is looked for. */
export interface Search {
  readonly parts: readonly PartToLoad[];
  readonly columns: readonly string[];
  readonly trial: Trial;
  /** Parents in other tables that are put aside: rows that refer to them are not tried. */
  readonly lost: readonly LostKeys[];
  /** References of the table to itself that the specification knows. */
  readonly own: readonly ParentReference[];
  /** Grows by the rows that are found: their numbers, by part. */
  readonly found: Map<string, Set<number>>;
}

/** The rows that the database refuses, one after another. */
export async function* refusedRows(database: QuarantineDatabase, search: Search): AsyncGenerator<RefusedRow> {
  const { parts, columns, trial, found } = search;
  await database.execute(sql`BEGIN`);
  try {
    const enforced = await trial.begin();
    const own = search.own.filter((one) => !enforced.some((other) => isSame(one.columns, other.columns)));
    const keysOf = own.map(({ parentColumns }) => ({ parentColumns, keys: new Set<string>() }));
    for (const part of parts) {
      for await (const refused of refusedOfPart(database, search, part)) {
        note(found, refused);
        if (own.length > 0) noteKeys(keysOf, columns, decodeRow(refused.record));
        yield refused;
      }
    }
    const references = [
      ...enforced.map((one) => ({ ...one, demands: "all" as const })),
      ...own.map((one, index) => ({ ...one, demands: [...(keysOf[index]?.keys ?? [])] })),
    ];
    const lost = await database.takeOutOrphans({ table: trial.table, references });
    if (lost.every(({ keys }) => keys.size === 0)) return;
    for await (const { why, ...place } of rowsOfLostParents(parts, columns, lost)) {
      if (found.get(place.part)?.has(place.row)) continue;
      note(found, place);
      yield { ...place, refusal: heldBack(why) };
    }
  } finally {
    await database.execute(sql`ROLLBACK`).catch(() => undefined);
    await trial.end?.();
  }
}

const isSame = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((name, index) => name === right[index]);

function note(found: Search["found"], { part, row }: Pick<RefusedRow, "part" | "row">): void {
  const rows = found.get(part) ?? new Set();
  found.set(part, rows.add(row));
}

function noteKeys(
  keysOf: readonly { readonly parentColumns: readonly string[]; readonly keys: Set<string> }[],
  columns: readonly string[],
  values: readonly (string | null)[],
): void {
  for (const { parentColumns, keys } of keysOf)
    keys.add(keyText(parentColumns.map((name) => values[columns.indexOf(name)] ?? null)));
}

async function* refusedOfPart(
  database: QuarantineDatabase,
  { trial, columns, lost }: Search,
  part: PartToLoad,
): AsyncGenerator<RefusedRow> {
  const lostParent = lostParentIn(columns, lost);
  for await (const { csv, firstRow } of recordBatches(await part.open())) {
    const ends = recordEnds(csv);
    const all = ends.map((end, index) => ({
      part: part.name,
      row: firstRow + index + 1,
      start: ends[index - 1] ?? 0,
      end,
    }));
    const textOf = ({ start, end }: Place): string => csv.toString("utf8", start, end);
    const found: RefusedRow[] = [];
    const tried =
      lost.length === 0
        ? all
        : all.filter((place) => {
            const why = lostParent(decodeRow(textOf(place)));
            if (why !== undefined) found.push({ ...place, record: textOf(place), refusal: heldBack(why) });
            return why === undefined;
          });
    const rows = { csv, places: tried, name: part.name };
    for await (const { place, refusal } of bisect(database, trial, rows))
      found.push({ ...place, record: textOf(place), refusal: renamed(trial, refusal) });
    yield* found.sort((a, b) => a.row - b.row);
  }
}

interface Place {
  readonly part: string;
  readonly row: number;
  readonly start: number;
  readonly end: number;
}

interface Rows {
  readonly csv: Buffer;
  readonly places: readonly Place[];
  readonly name: string;
}

async function* bisect(
  database: QuarantineDatabase,
  trial: Trial,
  rows: Rows,
): AsyncGenerator<{ readonly place: Place; readonly refusal: Refusal }> {
  const { places } = rows;
  const [first] = places;
  if (first === undefined) return;
  const refusal = await refused(database, () => trial.take(partOf(rows)));
  if (refusal === undefined) return;
  if (places.length === 1) {
    yield { place: first, refusal };
    return;
  }
  for (const piece of pieces(places, refusal.line)) yield* bisect(database, trial, { ...rows, places: piece });
}

// The rows before the one that the server names, that one, and those after it; halves where it names none.
function pieces(places: readonly Place[], line: number | undefined): readonly (readonly Place[])[] {
  const named = line === undefined || line > places.length ? undefined : line - 1;
  if (named === undefined) {
    const middle = Math.ceil(places.length / 2);
    return [places.slice(0, middle), places.slice(middle)];
  }
  return [places.slice(0, named), places.slice(named, named + 1), places.slice(named + 1)];
}

function partOf({ csv, places, name }: Rows): PartToLoad {
  const records = () => Buffer.concat(stretches(places).map(({ start, end }) => csv.subarray(start, end)));
  return { name, hash: "", rowCount: places.length, open: () => Readable.from([records()], { objectMode: false }) };
}

// Records that follow one another are one stretch of bytes: mostly there is one.
function stretches(places: readonly Place[]): readonly { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = [];
  for (const { start, end } of places) {
    const last = found.at(-1);
    if (last?.end === start) last.end = end;
    else found.push({ start, end });
  }
  return found;
}

async function refused(database: QuarantineDatabase, work: () => Promise<void>): Promise<Refusal | undefined> {
  await database.execute(sql`SAVEPOINT waybill_rows`);
  const refusal = await work().then(
    () => undefined,
    async (error: unknown) => {
      const found = database.refusalOf(error);
      if (found === undefined) throw error;
      await database.execute(undo);
      return found;
    },
  );
  await database.execute(sql`RELEASE SAVEPOINT waybill_rows`);
  return refusal;
}

const undo: Sql = sql`ROLLBACK TO SAVEPOINT waybill_rows`;

function renamed({ named = (words) => words }: Trial, refusal: Refusal): Refusal {
  const { constraint, message } = refusal;
  return { ...refusal, constraint: constraint === null ? null : named(constraint), message: named(message) };
}

function heldBack({ message, broken }: LostParent): RefusedRow["refusal"] {
  return { code: broken?.code ?? null, constraint: broken?.constraint ?? null, message };
}
