import { expect } from "vitest";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import type { Json } from "../../lib/model/hash.js";
import { checksumOfRows, type Extracted, md5OfRow, type Row } from "../stages/transform/extracted.js";
import { type LedgerLine, type Mapped, readMapped } from "../stages/transform/mapped.js";
import {
  type ExtractOf,
  extractsOfTable,
  type Keys,
  type Specification,
  type TableOf,
  tables,
} from "./specifications.js";

type Extracts = Readonly<Record<ExtractOf, Extracted>>;

/** Whether a value was read, where it stands, and how it is named: what ledger lines have to say of it. */
interface SourceRow {
  readonly extract: ExtractOf;
  readonly row: Row;
  readonly key: CsvValue;
  readonly occurrence: string;
}

/** One row as it was read, with its line in the ledger and, if it was written, the row it became. */
interface Fate extends SourceRow {
  readonly line: LedgerLine | undefined;
  readonly written: Row | undefined;
}

/** Proves all that the files of a finished transform say, from the rows that were read and from nothing else. */
export async function assertProven(work: string, specification: Specification, extracts: Extracts): Promise<void> {
  for (const table of tables) {
    const mapped = respelt(await readMapped(work, table));
    const rows = extractsOfTable[table].flatMap((extract) => namedRows(extract, extracts[extract]));
    const isShort = table === "exceptions";
    const fates = isShort ? fatesOfShort(rows, mapped) : fatesOf(rows, mapped);
    assertBalance(rows, mapped);
    assertLedger(fates, mapped);
    assertRejects(fates, mapped);
    assertWinners(fates);
    assertChanges(columnsOf(specification.tables[table]), fates, mapped);
  }
  await assertParents(work, specification);
}

/** Keys of several columns are JSON, which may spell a character in several ways: here all do it in JavaScript's. */
function respelt(mapped: Mapped): Mapped {
  const plain = (key: CsvValue): CsvValue => (key?.startsWith("[") ? JSON.stringify(JSON.parse(key)) : key);
  const at = (row: Row, place: number): Row => row.map((value, index) => (index === place ? plain(value) : value));
  return {
    ...mapped,
    ledger: mapped.ledger.map((line) => ({ ...line, key: plain(line.key), winner_key: plain(line.winner_key) })),
    rejects: mapped.rejects.map((row) => at(row, 3)),
    changes: mapped.changes.map((row) => at(row, 1)),
  };
}

function namedRows(extract: ExtractOf, { rows, key = [], columns }: Extracted): readonly SourceRow[] {
  const names = columns.map(({ name }) => name);
  const places = (key.length > 0 ? key : names).map((name) => names.indexOf(name));
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const values = places.map((place) => row[place] ?? null);
    const text = JSON.stringify(values);
    seen.set(text, (seen.get(text) ?? 0) + 1);
    return { extract, row, key: places.length === 1 ? (values[0] ?? null) : text, occurrence: String(seen.get(text)) };
  });
}

// A full ledger has a line for every row, in the order of the rows; written rows stand in that order, too.
function fatesOf(rows: readonly SourceRow[], { ledger, output }: Mapped): readonly Fate[] {
  expect(ledger).toHaveLength(rows.length);
  const left = [...output];
  return rows.map((row, at) => {
    const line = ledger[at];
    return { ...row, line, written: line?.disposition === "written" ? left.shift() : undefined };
  });
}

function fatesOfShort(rows: readonly SourceRow[], { ledger, output }: Mapped): readonly Fate[] {
  const nameOf = (key: CsvValue, occurrence: CsvValue): string => JSON.stringify([key, occurrence]);
  const lines = new Map(ledger.map((line) => [nameOf(line.key, line.occurrence), line]));
  expect(lines.size).toBe(ledger.length);
  const left = [...output];
  const fates = rows.map((row) => {
    const line = lines.get(nameOf(row.key, row.occurrence));
    return { ...row, line, written: line === undefined ? left.shift() : undefined };
  });
  expect(fates.flatMap(({ line }) => line ?? [])).toEqual(ledger);
  return fates;
}

function assertBalance(rows: readonly SourceRow[], { manifest, ledger, output, rejects }: Mapped): void {
  const counted = (disposition: string): number => ledger.filter((line) => line.disposition === disposition).length;
  const [filtered, rejected, deduplicated] = ["filtered", "rejected", "deduplicated"].map(counted);
  const { counts, checksum } = manifest._waybill;
  expect(counts).toEqual({ read: rows.length, filtered, rejected, deduplicated, written: output.length });
  expect(Number(filtered) + Number(rejected) + Number(deduplicated) + output.length).toBe(rows.length);
  expect(rejects).toHaveLength(Number(rejected));
  expect(checksum).toEqual(checksumOfRows(output));
}

function assertLedger(fates: readonly Fate[], { header }: Mapped): void {
  for (const { extract, row, key, occurrence, line, written } of fates) {
    if (line === undefined) continue;
    expect(line).toMatchObject({ extract, key, occurrence, source_checksum: md5OfRow(row) });
    expect(line.target_checksum).toBe(written === undefined ? null : md5OfRow(written));
    expect(line.rule === null).toBe(line.disposition === "written");
    const place = header.indexOf("key");
    if (place !== -1 && written !== undefined) expect(line.target_key).toBe(written[place]);
  }
}

function assertRejects(fates: readonly Fate[], { rejects }: Mapped): void {
  const rejected = fates.filter(({ line }) => line?.disposition === "rejected");
  expect(rejects.map(([rule, , ...rest]) => [rule, ...rest])).toEqual(
    rejected.map(({ line, extract, key, occurrence, row }) => [line?.rule, extract, key, occurrence, ...row]),
  );
  for (const [, reason] of rejects) expect(reason).toMatch(/\S/);
}

/** The row that was kept instead is another one, with the key it says, and neither filtered nor a loser itself. */
function assertWinners(fates: readonly Fate[]): void {
  for (const { line } of fates) {
    if (line?.disposition !== "deduplicated") continue;
    const winner = fates.find(
      ({ extract, key, occurrence }) =>
        extract === line.winner_extract && key === line.winner_key && occurrence === line.winner_occurrence,
    );
    expect(winner?.row).toBeDefined();
    expect(winner?.line).not.toBe(line);
    expect([undefined, "written", "rejected"]).toContain(winner?.line?.disposition);
    if (winner?.line !== undefined) expect(line.winner_target_key).toBe(winner.line.target_key);
  }
}

const columnsOf = (table: Keys): Readonly<Record<string, Keys>> => table.columns as Readonly<Record<string, Keys>>;

/** Where a value starts, as far as its column's origin says so without any SQL. */
function startOf({ from, ...column }: Keys, { row, extract }: SourceRow): CsvValue | undefined {
  const source = typeof from === "object" ? (from as Keys)[extract] : from;
  if (source !== undefined) return row[sourceNames.indexOf(String(source))] ?? null;
  if (column.const !== undefined) return column.const as CsvValue;
  return undefined;
}

const sourceNames = ["id", "ref", "num", "a", "b", "c"];

/**
 * Every value that is not what its column starts with is the last of a chain of changes, each by a rule of that column,
 * that begins where the column starts; and each rule counts as many changes as there are.
 */
function assertChanges(columns: Readonly<Record<string, Keys>>, fates: readonly Fate[], mapped: Mapped): void {
  const chains = new Map<string, Row[]>();
  for (const change of mapped.changes) {
    const id = JSON.stringify(change.slice(0, 4));
    chains.set(id, [...(chains.get(id) ?? []), change]);
  }
  for (const [name, column] of Object.entries(columns)) {
    const place = mapped.header.indexOf(name);
    for (const { written, ...row } of fates) {
      const id = JSON.stringify([row.extract, row.key, row.occurrence, name]);
      const chain = chains.get(id) ?? [];
      chains.delete(id);
      if (written === undefined) expect(chain).toEqual([]);
      else assertChain(chain, { name, start: startOf(column, row), end: written[place] ?? null });
    }
  }
  expect([...chains.keys()]).toEqual([]);
  const counts = mapped.manifest._waybill.details.rules as readonly Readonly<Record<string, Json>>[];
  for (const { rule, touched } of counts)
    expect([rule, touched]).toEqual([rule, mapped.changes.filter((change) => change[4] === rule).length]);
}

interface Way {
  readonly name: string;
  readonly start: CsvValue | undefined;
  readonly end: CsvValue;
}

function assertChain(chain: readonly Row[], { name, start, end }: Way): void {
  let value = start;
  for (const [, , , , rule, before = null, after = null] of chain) {
    expect(rule === `relationship:${name}` || rule?.startsWith(`${name}.`), String(rule)).toBe(true);
    // A column that hides values hides them here as well: that there is a line has to do.
    if (before === "(masked)") return;
    expect(before).not.toBe(after);
    if (value !== undefined) expect(before).toBe(value);
    value = after;
  }
  if (value !== undefined) expect(end).toBe(value);
}

/** A child that was written refers to a parent that was written, to nobody, or to what `otherwise` says. */
async function assertParents(work: string, { tables: all }: Specification): Promise<void> {
  const links: readonly [TableOf, string, TableOf][] = [
    ["visits", "person", "people"],
    ["exceptions", "person", "people"],
    ["staff", "boss", "staff"],
  ];
  for (const [child, name, parent] of links) {
    if (child === "exceptions" && JSON.stringify(all.exceptions.expect).includes('"keep"')) continue;
    const parents = await readMapped(work, parent);
    const keys = new Set(parents.output.map((row) => row[parents.header.indexOf("key")]));
    const { header, output } = await readMapped(work, child);
    for (const row of output) {
      const value = row[header.indexOf(name)] ?? null;
      if (value !== null && value !== "nobody") expect([...keys]).toContain(value);
    }
  }
}
