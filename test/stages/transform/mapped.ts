import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseRows } from "../../../lib/files/csv-rows.js";
import { safeName } from "../../../lib/files/safe-name.js";
import type { CsvValue } from "../../../lib/model/csv-dialect.js";
import type { Manifest } from "../../../lib/model/manifest.js";
import { manifestIn, rowsIn, textOf } from "../stage-files.js";

type Row = readonly CsvValue[];

/** What a table's transform left, file by file. */
export interface Mapped {
  readonly manifest: Manifest;
  readonly header: readonly string[];
  readonly output: readonly Row[];
  readonly ledger: readonly LedgerLine[];
  readonly rejects: readonly Row[];
  readonly changes: readonly Row[];
}

export type LedgerLine = Readonly<Record<LedgerColumn, CsvValue>>;

const ledgerColumns = [
  "extract",
  "key",
  "occurrence",
  "source_checksum",
  "disposition",
  "rule",
  "target_key",
  "winner_extract",
  "winner_key",
  "winner_occurrence",
  "winner_target_key",
  "target_checksum",
] as const;

export type LedgerColumn = (typeof ledgerColumns)[number];

/** Where a table's transform lies. */
export function transformFolder(work: string, table: string): string {
  return join(work, "transform", safeName(table));
}

/** Reads everything a transform wrote; the headers of ledger and rejects are checked on the way. */
export async function readMapped(work: string, table: string): Promise<Mapped> {
  const folder = transformFolder(work, table);
  const ledgers = (await readdir(folder)).filter((name) => name.startsWith("ledger-")).sort();
  const lines: LedgerLine[] = [];
  for (const name of ledgers) lines.push(...ledgerLines(parseRows(await textOf(join(folder, name)))));
  return {
    manifest: await manifestIn(folder),
    header: headerOf(await textOf(join(folder, "part-00000.csv.gz"))),
    output: await rowsIn(folder),
    ledger: lines,
    rejects: parseRows(await textOf(join(folder, "rejects.csv.gz"))).slice(1),
    changes: parseRows(await textOf(join(folder, "changes.csv.gz"))).slice(1),
  };
}

function headerOf(text: string): readonly string[] {
  return (parseRows(text)[0] ?? []).map(String);
}

function ledgerLines([header, ...rows]: readonly Row[]): readonly LedgerLine[] {
  if (header?.join() !== ledgerColumns.join()) throw new Error(`the ledger's columns are ${header?.join()}`);
  return rows.map((row) => Object.fromEntries(ledgerColumns.map((name, at) => [name, row[at] ?? null])) as LedgerLine);
}

/** The concatenated text of a transform's parts, one header on top: what must not depend on how parts are cut. */
export async function contentOf(work: string, table: string, prefix: string): Promise<string> {
  const folder = transformFolder(work, table);
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix)).sort();
  const texts = await Promise.all(names.map((name) => textOf(join(folder, name))));
  const header = texts[0]?.slice(0, texts[0].indexOf("\n") + 1) ?? "";
  return header + texts.map((text) => text.slice(header.length)).join("");
}
