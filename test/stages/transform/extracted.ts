import { createHash } from "node:crypto";
import { join } from "node:path";
import { writeManifest } from "../../../lib/files/manifest-file.js";
import { makeFolder, openWorkDirectory } from "../../../lib/files/work-directory.js";
import type { SourceColumn } from "../../../lib/mapping/compiled.js";
import { addChecksums, type Checksum, emptyChecksum } from "../../../lib/model/checksum.js";
import { type CsvValue, encodeRow } from "../../../lib/model/csv-dialect.js";
import { sha256 } from "../../../lib/model/hash.js";
import { buildManifest, type Manifest, type Resource } from "../../../lib/model/manifest.js";
import { checksumColumn, fieldOf, partName, resourceOf } from "../../../lib/model/resource.js";
import { writePart } from "../../lib/files/written-part.js";

export type Row = readonly CsvValue[];

/** What an extract holds, as if a source had been read. Rows stand in the order in which the source would give them. */
export interface Extracted {
  readonly columns: readonly SourceColumn[];
  readonly rows: readonly Row[];
  /** The columns that name a row; none: all of them. */
  readonly key?: readonly string[];
  /** Whether the source enforces the key. */
  readonly keyIsUnique?: boolean;
  readonly partRows?: number;
  readonly partsBy?: "key" | "date";
  readonly rowChecksum?: boolean;
  readonly snapshot?: string;
  readonly migration?: string;
}

/** Writes the folder that `waybill extract` would leave: parts, SHA256SUMS, manifest. */
export async function writeExtract(work: string, name: string, extracted: Extracted): Promise<Manifest> {
  const folder = (await openWorkDirectory(work)).stageFolder("extract", name);
  await makeFolder(folder);
  const withChecksum = extracted.rowChecksum !== false;
  const resources: Resource[] = [];
  for (const [index, rows] of partsOf(extracted).entries()) {
    const path = partName("part", index);
    const content = rows.map((row) => encodeRow(withChecksum ? [...row, md5OfRow(row)] : row)).join("");
    const file = await writePart(join(folder, path), content, { columns: headerOf(extracted, withChecksum) });
    resources.push(resourceOf(file, { path, role: "part", ...fieldsOf(extracted, withChecksum) }));
  }
  const manifest = extractManifest(name, extracted, resources);
  await writeManifest(folder, manifest);
  return manifest;
}

function extractManifest(name: string, extracted: Extracted, resources: readonly Resource[]): Manifest {
  const { key = [], rows, rowChecksum = true, partsBy = "key" } = extracted;
  return buildManifest(resources, {
    stage: "extract",
    subject: name,
    migration: extracted.migration ?? "TEST-1",
    fingerprint: sha256(`extract ${name}`),
    inputs: [],
    snapshots: [{ id: extracted.snapshot ?? "snapshot-1" }],
    counts: { read: rows.length },
    checksum: rowChecksum ? checksumOfRows(rows) : null,
    verdict: { code: 0, reasons: [] },
    tool: {},
    details: {
      key: key.length > 0 ? key : extracted.columns.map(({ name }) => name),
      keyKind: key.length > 0 ? "declared" : "whole row",
      partsBy,
      leftOutByWhere: 0,
      rowChecksum,
    },
  });
}

function headerOf({ columns }: Extracted, withChecksum: boolean): readonly string[] {
  const names = columns.map(({ name }) => name);
  return withChecksum ? [...names, checksumColumn] : names;
}

function fieldsOf({ columns, key, keyIsUnique = false }: Extracted, withChecksum: boolean) {
  const checksum = withChecksum ? [fieldOf({ name: checksumColumn, type: "string", nullable: false })] : [];
  const fields = [...columns.map(fieldOf), ...checksum];
  return keyIsUnique && key !== undefined ? { fields, primaryKey: key } : { fields };
}

/** Cuts rows into parts as extract does: rows with equal keys stay together unless the parts are cut by date. */
function partsOf(extracted: Extracted): readonly (readonly Row[])[] {
  const { columns, rows, partRows = rows.length + 1, partsBy = "key" } = extracted;
  const names = extracted.key ?? columns.slice(0, 2).map(({ name }) => name);
  const places = names.map((name) => columns.findIndex((column) => column.name === name));
  const keyOf = (row: Row | undefined) => JSON.stringify(places.map((place) => row?.[place]));
  const parts: Row[][] = [[]];
  for (const row of rows) {
    const part = parts.at(-1) ?? [];
    const isApart = partsBy === "date" || keyOf(part.at(-1)) !== keyOf(row);
    if (part.length >= partRows && isApart) parts.push([row]);
    else part.push(row);
  }
  return parts;
}

/** Columns of one type, all text unless said otherwise. */
export function columnsNamed(names: readonly string[], types: Readonly<Record<string, string>> = {}): SourceColumn[] {
  return names.map((name) => ({ name, type: types[name] ?? "string", databaseType: types[name] ?? "text" }));
}

/** The MD5 of a row's text as documented: values joined with `|,`, `|` written `|p`, NULL written `|n`. */
export function md5OfRow(row: Row): string {
  const text = row.map((value) => (value === null ? "|n" : value.replaceAll("|", "|p"))).join("|,");
  return createHash("md5").update(text, "utf8").digest("hex");
}

/** The checksum over many rows, computed without the program's own sums. */
export function checksumOfRows(rows: readonly Row[]): Checksum {
  return rows.map(md5OfRow).reduce((sum, hash) => addChecksums(sum, checksumOfMd5(hash)), emptyChecksum);
}

function checksumOfMd5(hash: string): Checksum {
  return { sum: hash, count: 1 };
}
