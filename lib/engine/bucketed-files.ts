import { fileText, mayHoldBar, type NormalForm } from "../mapping/normal-forms.js";
import { identifier, join, literal, number, sql } from "../mapping/sql.js";
import { addBuckets, type Bucketed } from "../model/buckets.js";
import type { RowDigest } from "../model/checksum.js";
import type { Resource } from "../model/manifest.js";
import type { Sql } from "../model/names.js";
import { openEngine } from "./duckdb.js";
import { readCsv, readingMegabytes, rowText, withPlaces } from "./read-csv.js";

/** A part whose rows are expected in a table, and the numbers of those that are not, counted from 1. */
export interface BucketedPart {
  readonly folder: string;
  readonly file: Resource;
  readonly without: ReadonlySet<number>;
}

/** As many files as are read at once: the server computes its own sums beside them. */
const readers = 2;

/** What a database makes checksums of: the forms of the files' columns, in their order, and how it makes them. */
export interface Checksummed {
  readonly forms: readonly NormalForm[];
  readonly digest: RowDigest;
}

/** The rows of files as checksums, as a database gives those of a table. */
export async function openBucketedFiles(
  parts: readonly BucketedPart[],
  like: Checksummed,
): Promise<Bucketed & { close(): void }> {
  const engine = await openEngine({
    folders: [...new Set(parts.map(({ folder }) => folder))],
    // Validate has 300 MB in all. What it may hold it does: buffers of files long read are given back last.
    memoryMegabytes: 32 + readers * readingMegabytes(parts.map(({ file }) => file)),
  });
  const first = await engine.connect();
  const rowsWhere = async (columns: Sql, condition: Sql) =>
    parts.length === 0
      ? []
      : await first.rows(sql`SELECT ${columns} FROM ${checksummed(parts, like)} WHERE ${condition}`);
  return {
    sums: async (bits) => {
      const shares = Array.from({ length: readers }, (_, reader) => parts.filter((__, at) => at % readers === reader));
      const sums = await Promise.all(
        shares
          .filter((share) => share.length > 0)
          .map(async (share) => (await engine.connect()).rows(sumsOf(checksummed(share, like), bits))),
      );
      return addBuckets(sums.flat());
    },
    checksums: async (bits, buckets) => {
      const list = join(buckets.map(number), ", ");
      const found = await rowsWhere(sql`digest`, sql`${bucketOf(bits)} IN (${list})`);
      return found.map(([digest]) => digest ?? "");
    },
    rows: async (checksums) => {
      if (checksums.length === 0) return new Map();
      const list = join(checksums.map(literal), ", ");
      // As bytes: of a text that begins with U+FEFF the engine's package leaves that out.
      const bytes = like.forms.map((_, index) => sql`hex(encode(${placeOf(index)}))`);
      const found = await rowsWhere(join([sql`digest`, ...bytes], ", "), sql`digest IN (${list})`);
      return new Map(found.map(([digest, ...values]) => [digest ?? "", values.map(textOfHex)]));
    },
    close: () => engine.close(),
  };
}

function textOfHex(hex: string | null): string | null {
  return hex === null ? null : Buffer.from(hex, "hex").toString("utf8");
}

function sumsOf(rows: Sql, bits: number): Sql {
  return sql`SELECT ${bucketOf(bits)} AS bucket, count(*), sum(CAST('0x' || digest[17:32] AS UBIGINT)) FROM ${rows} GROUP BY bucket`;
}

function bucketOf(bits: number): Sql {
  return sql`(CAST('0x' || digest[29:32] AS UINTEGER) & ${number(2 ** bits - 1)})`;
}

/** The rows with their checksums, each column under the name of its place. */
function checksummed(parts: readonly BucketedPart[], { forms, digest }: Checksummed): Sql {
  const whole = parts.filter(({ without }) => without.size === 0);
  const folders = [...new Set(whole.map(({ folder }) => folder))];
  const relations = [
    ...folders.map((folder) => readPlaces(whole.filter((part) => part.folder === folder))),
    ...parts.filter(({ without }) => without.size > 0).map(withoutRows),
  ];
  const rows = join(
    relations.map((relation) => sql`SELECT ${places(forms)} FROM ${relation}`),
    " UNION ALL ",
  );
  const text = rowText(
    forms.map((form, index) => ({
      value: fileText(form, placeOf(index)),
      type: mayHoldBar(form) ? "string" : form.kind,
    })),
  );
  const made = digest === "md5" ? sql`md5(${text})` : sql`sha256(${text})[1:32]`;
  return sql`(SELECT ${made} AS digest, * FROM (${rows}))`;
}

function withoutRows(part: BucketedPart): Sql {
  const numbers = join([...part.without].map(number), ", ");
  return sql`(SELECT *, row_number() OVER () AS "~row" FROM ${readPlaces([part])}) WHERE "~row" NOT IN (${numbers})`;
}

function readPlaces(parts: readonly BucketedPart[]): Sql {
  return readCsv(parts[0]?.folder ?? "", withPlaces(parts.map(({ file }) => file)));
}

const placeOf = (index: number): Sql => identifier(`c${index}`);

function places(forms: readonly NormalForm[]): Sql {
  return join(
    forms.map((_, index) => placeOf(index)),
    ", ",
  );
}
