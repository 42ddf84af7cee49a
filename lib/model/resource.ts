import { dialect } from "./csv-dialect.js";
import type { Field, FileRole, Manifest, Resource } from "./manifest.js";
import type { Sha256 } from "./names.js";

/** The name of the column that holds the source's checksum of a row, always the last of an extract. */
export const checksumColumn = "row_checksum";

/** Says of a row of an extract what is wrong with its texts; NULL for all others. Only where such rows are rejected. */
export const faultColumn = "_invalid_text";

/** The columns by which rows that were corrected say which rejected rows they are: in the extracts of replays alone. */
export const lineageColumns = ["_key", "_occurrence"] as const;

/** What is known of a file once it is written. */
export interface FileFacts {
  readonly bytes: number;
  readonly hash: Sha256;
  readonly contentHash: Sha256;
  readonly rowCount: number;
  readonly longestRecordBytes: number;
}

/** What a file's manifest entry says beside the numbers. */
export interface FileDescription {
  readonly path: string;
  readonly role: FileRole;
  readonly fields: readonly Field[];
  readonly primaryKey?: readonly string[];
  readonly keyRange?: Resource["_keyRange"];
}

/** A file as its manifest lists it. */
export function resourceOf(file: FileFacts, { path, role, fields, primaryKey, keyRange }: FileDescription): Resource {
  return {
    name: path.replace(/\.csv\.gz$/, ""),
    path,
    type: "table",
    format: "csv",
    mediatype: "text/csv",
    encoding: "utf-8",
    compression: "gz",
    bytes: file.bytes,
    hash: file.hash,
    dialect,
    schema: { fields, missingValues: ["\\N"], ...(primaryKey === undefined ? {} : { primaryKey }) },
    _role: role,
    _rowCount: file.rowCount,
    _contentHash: file.contentHash,
    _longestRecordBytes: file.longestRecordBytes,
    ...(keyRange === undefined ? {} : { _keyRange: keyRange }),
  };
}

/** A column as a Frictionless field: `type` is the Frictionless type. */
export function fieldOf(column: {
  readonly name: string;
  readonly type: string;
  readonly databaseType?: string;
  readonly nullable?: boolean;
}): Field {
  return {
    name: column.name,
    type: column.type,
    // Date and time texts are the database's own, `2024-01-31 08:00:00+00`: any reader must parse them by itself.
    ...(column.type === "datetime" || column.type === "time" ? { format: "any" } : {}),
    ...(column.type === "boolean" ? { trueValues: ["t"], falseValues: ["f"] } : {}),
    ...(column.nullable === false ? { constraints: { required: true } as const } : {}),
    ...(column.databaseType === undefined ? {} : { _databaseType: column.databaseType }),
  };
}

/** The name of the n-th part, from 0. */
export function partName(prefix: string, index: number): string {
  return `${prefix}-${String(index).padStart(5, "0")}.csv.gz`;
}

/** Whether an extract holds rejected rows that were corrected, which say themselves which rows of the source they were. */
export function isReplay({ _waybill: { details } }: Manifest): boolean {
  return details.corrects !== undefined;
}

/** The columns of an extract's files that Waybill added: no mapping and no step sees them. */
export function addedColumns(extract: Manifest): readonly string[] {
  const hasChecksum = extract._waybill.details.rowChecksum === true;
  return [
    ...(namesFaults(extract) ? [faultColumn] : []),
    ...(hasChecksum ? [checksumColumn] : []),
    ...(isReplay(extract) ? lineageColumns : []),
  ];
}

/** Whether an extract says of its rows what is wrong with their texts. */
export function namesFaults(extract: Manifest): boolean {
  return extract.resources.some(({ schema }) => schema.fields.some(({ name }) => name === faultColumn));
}
