import type { Selection, Source, SourceTable } from "../../lib/databases/port.js";
import { parseRows } from "../../lib/files/csv-rows.js";
import type { WrittenFile } from "../../lib/files/part-writer.js";
import { extractFingerprint, isPii, piiColumns } from "../../lib/mapping/fingerprints.js";
import type { Extract } from "../../lib/mapping/migration.js";
import { addChecksums, emptyChecksum } from "../../lib/model/checksum.js";
import { StageError } from "../../lib/model/errors.js";
import { type Json, veiled } from "../../lib/model/hash.js";
import { buildManifest, type Field, type Manifest, type Resource } from "../../lib/model/manifest.js";
import { checksumColumn, faultColumn, fieldOf, partName, resourceOf } from "../../lib/model/resource.js";
import type { Run } from "../../lib/program/open-run.js";
import { tool } from "../../lib/program/tool.js";

interface ExtractResult {
  readonly source: Source;
  readonly extract: Extract;
  readonly selection: Selection;
  readonly table: SourceTable;
  readonly parts: readonly WrittenFile[];
  readonly leftOut: number;
  /** How many values of each column were no text, and were mended. */
  readonly mended: Readonly<Record<string, number>>;
}

/** The columns of an extract's files: the source's, what is wrong with a row where such rows are rejected, the row checksum. */
function fieldsOf(extract: Extract, table: SourceTable): readonly Field[] {
  const faults = extract.invalidText === "reject" ? [fieldOf({ name: faultColumn, type: "string" })] : [];
  const checksum = extract.rowChecksum ? [fieldOf({ name: checksumColumn, type: "string", nullable: false })] : [];
  return [...table.columns.map(fieldOf), ...faults, ...checksum];
}

/** The header of an extract's files. Throws "specification" where the source has a column of such a name of its own. */
export function columnNames(extract: Extract, table: SourceTable): readonly string[] {
  const names = fieldsOf(extract, table).map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice === undefined) return names;
  throw new StageError(
    "specification",
    `${extract.name} has a column ${twice} of its own`,
    `${twice === checksumColumn ? "set row_checksum: false for it" : "take another invalid_text than reject"}, or rename the column in a select`,
  );
}

/** The manifest of an extract that was read whole. */
export function extractManifest(run: Run, result: ExtractResult): Manifest {
  const { source, extract, table, parts } = result;
  const checksums = parts.flatMap(({ checksum }) => checksum ?? []);
  return buildManifest(
    parts.map((part, index) => partResource(run, result, { part, index })),
    {
      stage: "extract",
      subject: extract.name,
      migration: run.migration.id,
      fingerprint: extractFingerprint(run.migration, extract, selectionJson(result.selection)),
      inputs: [],
      snapshots: [{ ...source.snapshot, ...(extract.source === undefined ? {} : { source: extract.source }) }],
      counts: { read: parts.reduce((sum, { rowCount }) => sum + rowCount, 0) },
      checksum: extract.rowChecksum ? checksums.reduce(addChecksums, emptyChecksum) : null,
      verdict: { code: 0, reasons: [] },
      tool: { ...tool(), source: `${source.identity.product} ${source.identity.version}` },
      details: {
        key: table.key,
        keyKind: table.keyKind,
        partsBy: extract.partBy === undefined ? "key" : "date",
        leftOutByWhere: result.leftOut,
        rowChecksum: extract.rowChecksum,
        ...(extract.rowChecksum && source.rowDigest !== "md5" ? { rowDigest: source.rowDigest } : {}),
        ...(extract.invalidText === "refuse"
          ? {}
          : { invalidText: { policy: extract.invalidText, values: result.mended } }),
        session: source.session,
      },
    },
  );
}

/** A selection as it enters the fingerprint: names and values, not the catalog's description of a table. */
export function selectionJson(selection: Selection): Json {
  return JSON.parse(
    JSON.stringify(selection, (name, value: unknown) => (name === "table" ? undefined : value)),
  ) as Json;
}

function partResource(
  run: Run,
  { extract, table }: ExtractResult,
  { part, index }: { part: WrittenFile; index: number },
): Resource {
  const keyRange = keyRangeOf(table, part, piiColumns(run.migration, extract));
  return resourceOf(part, {
    path: partName("part", index),
    role: "part",
    fields: fieldsOf(extract, table),
    // Keys may repeat in a legacy source: only a key the database enforces is called a primary key.
    ...(table.keyIsUnique ? { primaryKey: table.key } : {}),
    ...(keyRange === undefined ? {} : { keyRange }),
  });
}

function keyRangeOf(table: SourceTable, { edges }: WrittenFile, pii: readonly string[]): Resource["_keyRange"] {
  // A keyless table's key is the whole row, and values stand in no manifest.
  if (edges === undefined || table.keyKind === "whole row") return undefined;
  const [first, last] = edges.map((record) => {
    const values = parseRows(record)[0] ?? [];
    return table.key.map((name) => {
      const value = values[table.columns.findIndex((column) => column.name === name)] ?? null;
      return isPii(pii, name) && value !== null ? veiled(value) : value;
    });
  });
  return first === undefined || last === undefined ? undefined : { first, last };
}
