import type { EngineConnection } from "../../lib/engine/duckdb.js";
import { ledgerColumns } from "../../lib/engine/output-sql.js";
import { number } from "../../lib/engine/read-csv.js";
import { join, sql } from "../../lib/mapping/sql.js";
import { filesOf, type Resource } from "../../lib/model/manifest.js";
import type { Sql } from "../../lib/model/names.js";
import type { OtherRow } from "../../lib/story/row-story.js";
import type { RowPlace } from "./file-position.js";
import { selectBeside, selectKeyed, selectLines, selectWritten } from "./search-sql.js";
import { type ReadPart, readParts, type Transformed } from "./transforms.js";
import type { WantedKey } from "./wanted-key.js";

type Value = string | null;

/** A source row that somebody's key names. */
export interface FoundRow {
  readonly of: Transformed;
  readonly extract: string;
  readonly key: Value;
  readonly occurrence: Value;
  readonly matched: readonly MatchedKey[];
  /** The part it was read in and its place there; undefined where a query made it. */
  readonly read: { readonly part: ReadPart; readonly row: number } | undefined;
  /** Its line of the ledger; undefined where that holds exceptions alone, and this is none. */
  readonly ledger: RowPlace | undefined;
  readonly written: RowPlace | undefined;
  /** What the ledger says of it by the ledger's columns; undefined before any transform. */
  readonly line: LedgerLine | undefined;
  /** Duplicates that lost to it. */
  readonly losers: readonly OtherRow[];
}

export type MatchedKey = "source key" | "target key";

export type LedgerLine = Readonly<Partial<Record<(typeof ledgerColumns)[number], Value>>>;

/** The rows that a key names, of one transform; `connections` share the work. The files must have been proved. */
export async function findRows(
  connections: readonly EngineConnection[],
  of: Transformed,
  wanted: WantedKey,
): Promise<readonly FoundRow[]> {
  const isFull = of.manifest !== undefined && of.manifest._waybill.details.ledger === "full";
  const parts = readParts(of);
  const count = Math.max(parts.length, ledgersOf(of).length);
  const found = await shared(connections, count, async (connection, index) => {
    const search = { connection, of, wanted, index, part: parts[index] };
    const lines = await linesOf(search);
    return { lines, rows: isFull ? fromLines(search, lines) : await besides(search, lines) };
  });
  const losers = found.flatMap(({ lines }) => lines).filter(({ line }) => line.winner_key != null);
  return found
    .flatMap(({ rows }) => rows)
    .filter(({ matched }) => matched.length > 0)
    .map((row) => ({ ...row, losers: losers.flatMap(({ line }) => (isWinner(row, line) ? [rowOf(line)] : [])) }));
}

const ledgersOf = ({ manifest }: Transformed): readonly Resource[] =>
  manifest === undefined ? [] : filesOf(manifest, "ledger");

function isWinner({ extract, key, occurrence }: FoundRow, line: LedgerLine): boolean {
  return line.winner_extract === extract && line.winner_key === key && line.winner_occurrence === occurrence;
}

function rowOf({ extract = null, key = null, occurrence = null }: LedgerLine): OtherRow {
  return { extract, key, occurrence };
}

/** One part of an extract, with the ledger and the part of the transform that came of it. */
interface Search {
  readonly connection: EngineConnection;
  readonly of: Transformed;
  readonly wanted: WantedKey;
  readonly index: number;
  readonly part: ReadPart | undefined;
}

interface FoundLine {
  readonly at: number;
  readonly place: number;
  readonly matched: readonly MatchedKey[];
  readonly line: LedgerLine;
}

async function linesOf({ connection, of, wanted, index }: Search): Promise<readonly FoundLine[]> {
  const ledger = ledgersOf(of)[index];
  if (ledger === undefined) return [];
  const rows = await connection.rows(selectLines(of.folder, ledger, wanted));
  return rows.map(([at, place, bySource, byTarget, ...values]) => ({
    at: Number(at),
    place: Number(place),
    matched: matchedBy(bySource === "true", byTarget === "true"),
    line: lineOf(values),
  }));
}

function matchedBy(bySource: boolean, byTarget: boolean): readonly MatchedKey[] {
  return [...(bySource ? (["source key"] as const) : []), ...(byTarget ? (["target key"] as const) : [])];
}

function lineOf(values: readonly Value[]): LedgerLine {
  return Object.fromEntries(ledgerColumns.map((name, index) => [name, values[index] ?? null]));
}

// A full ledger has a line for each row, in the order of the part.
function fromLines(search: Search, lines: readonly FoundLine[]): readonly FoundRow[] {
  const { of, index, part } = search;
  const file = ledgersOf(of)[index];
  return lines.map(({ at, place, matched, line }) => ({
    of,
    ...rowOf(line),
    extract: line.extract ?? "",
    matched,
    read: part === undefined ? undefined : { part, row: at },
    ledger: file === undefined ? undefined : { folder: of.folder, file, row: at },
    written: line.disposition === "written" ? writtenAt(search, place) : undefined,
    line,
    losers: [],
  }));
}

function writtenAt({ of, index }: Search, row: number): RowPlace | undefined {
  const file = of.manifest === undefined ? undefined : filesOf(of.manifest, "part")[index];
  return file === undefined ? undefined : { folder: of.folder, file, row };
}

/** The same where the ledger says nothing of rows that were simply written, or there is none yet. */
async function besides(search: Search, lines: readonly FoundLine[]): Promise<readonly FoundRow[]> {
  const { connection, of, part } = search;
  const byTarget = await writtenRows(search);
  if (part === undefined) return [...fromLines(search, lines), ...byTarget.map((row) => unnamed(search, row))];
  const bySource = await keyedRows(search);
  const own = lines.filter(({ matched }) => matched.length > 0).map(({ at }) => at);
  const conditions = [
    among(sql`r.row`, bySource),
    among(sql`r.line`, own),
    sql`(r.line IS NULL AND ${among(sql`r.place`, byTarget)})`,
  ];
  if (bySource.length + byTarget.length + own.length === 0) return [];
  const file = ledgersOf(of)[search.index];
  const earlier = readParts(of).filter(({ extract, index }) => extract === part.extract && index < part.index);
  // Parts by calendar period may share keys, parts by key never do.
  const spans = part.extract.manifest._waybill.details.partsBy !== "key";
  const ledger = file === undefined ? undefined : { folder: of.folder, file };
  const rows = await connection.rows(
    selectBeside({ part, earlier: spans ? earlier : [], ledger }, join(conditions, " OR ")),
  );
  return rows.map(([row, place, line, key = null, occurrence = null, ...values]): FoundRow => {
    const isException = line !== null && line !== undefined;
    const found = isException ? lineOf(values) : { disposition: "written" };
    const byTargetKey = isException
      ? lines.some(({ at, matched }) => at === Number(line) && matched.includes("target key"))
      : byTarget.includes(Number(place));
    return {
      of,
      extract: part.extract.manifest._waybill.subject,
      key,
      occurrence,
      matched: matchedBy(bySource.includes(Number(row)), byTargetKey),
      read: { part, row: Number(row) },
      ledger: isException && file !== undefined ? { folder: of.folder, file, row: Number(line) } : undefined,
      written: found.disposition === "written" ? writtenAt(search, Number(place)) : undefined,
      line: of.manifest === undefined ? undefined : found,
      losers: [],
    };
  });
}

// Of a row that a ledger of exceptions does not hold, nothing but the written row is there if a query made it, or if the
// extract it was read in is gone.
function unnamed(search: Search, row: number): FoundRow {
  return {
    of: search.of,
    extract: search.of.gone[0] ?? "query",
    key: null,
    occurrence: null,
    matched: ["target key"],
    read: undefined,
    ledger: undefined,
    written: writtenAt(search, row),
    line: { disposition: "written" },
    losers: [],
  };
}

async function keyedRows({ connection, wanted, part }: Search): Promise<readonly number[]> {
  const key = part === undefined ? undefined : wanted.source.get(part.extract.manifest._waybill.subject);
  if (part === undefined || key === undefined) return [];
  return (await connection.rows(selectKeyed(part, key))).map(([row]) => Number(row));
}

async function writtenRows({ connection, of, wanted, index }: Search): Promise<readonly number[]> {
  const part = of.manifest === undefined ? undefined : filesOf(of.manifest, "part")[index];
  if (part === undefined || wanted.target === undefined) return [];
  const key = { columns: wanted.targetColumns, key: wanted.target };
  return (await connection.rows(selectWritten(of.folder, part, key))).map(([row]) => Number(row));
}

function among(value: Sql, numbers: readonly number[]): Sql {
  return numbers.length === 0 ? sql`false` : sql`${value} IN (${join(numbers.map(number), ", ")})`;
}

/** Does work for each index from 0, in turn on whichever connection is free; what came of it, by index. */
async function shared<Result>(
  connections: readonly EngineConnection[],
  count: number,
  work: (connection: EngineConnection, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  // All of them, not until the first fails: the engine must not be closed under one that still reads.
  const ends = await Promise.allSettled(
    connections.map(async (connection) => {
      for (let index = next++; index < count; index = next++) results[index] = await work(connection, index);
    }),
  );
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return results;
}
