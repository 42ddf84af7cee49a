import { mayHoldBar } from "../../../mapping/normal-forms.js";
import { join, number, sql } from "../../../mapping/sql.js";
import { addBuckets, type BucketSums, withoutChecksum } from "../../../model/buckets.js";
import type { RowDigest } from "../../../model/checksum.js";
import type { Sql } from "../../../model/names.js";
import type { BucketedTable } from "../../buckets-port.js";
import { firstRowsOf, spelledLike } from "../../read-back.js";
import type { PartToLoad } from "../../target-port.js";
import { fileText, source } from "../column-text.js";
import type { Connection } from "../connection.js";
import { identifier, literal, trusted } from "../identifiers.js";
import { digestOf } from "../row-digest.js";
import type { ComparedColumn } from "./compare-columns.js";
import { type MysqlForm, normalText } from "./normal-text.js";
import { spelledAs } from "./spelled-as.js";

/** A table whose rows are asked for as checksums. */
export interface TableToSum {
  readonly from: Sql;
  readonly columns: readonly ComparedColumn[];
  readonly forms: readonly MysqlForm[];
  readonly digest: RowDigest;
  /** The files that its rows came from. */
  readonly parts: readonly PartToLoad[];
}

/** The rows of a table as checksums, computed by the server. */
export function bucketedTable(connection: Connection, table: TableToSum): BucketedTable {
  const normal = normalTexts(table);
  return {
    sums: (bits) => (bits === 0 ? sumOfAll(connection, table, normal) : sumsOfBuckets(connection, table, bits)),
    spelledSum: async () => {
      const texts = spelledLike(table.columns, await firstRowsOf(table.parts), spelledAs);
      return texts.join() === normal.join() ? undefined : await sumOfAll(connection, table, texts);
    },
    checksums: async (bits, buckets) => {
      const list = join(buckets.map(number), ", ");
      const found = await connection.query(
        sql`SELECT digest FROM ${checksummed(table)} WHERE ${bucketOf(sql`digest`, bits)} IN (${list})`,
      );
      return found.map(([digest]) => digest ?? "");
    },
    rows: async (checksums) => {
      if (checksums.length === 0) return new Map();
      const texts = table.columns.map((column, index) => sql`${fileText(column)} AS ${place(index)}`);
      const list = join(checksums.map(literal), ", ");
      const found = await connection.query(sql`SELECT * FROM ${checksummed(table, texts)} WHERE digest IN (${list})`);
      return new Map(found.map(([digest, ...values]) => [digest ?? "", values]));
    },
  };
}

const place = (index: number): Sql => identifier(`v${index}`);

// More than all rows together come to. A text longer than max_allowed_packet is NULL to the server, and so is its digest.
const tooLong = 2n ** 128n;

// The checksum stands here once: the server would compute it for each of its uses.
async function sumOfAll(connection: Connection, table: TableToSum, texts: readonly Sql[]): Promise<BucketSums> {
  const [[count = null, sum = null] = []] = await connection.query(
    sql`SELECT count(*), sum(coalesce(${lastBits(rowDigest(table, texts))}, ${trusted(String(tooLong))})) FROM ${table.from} AS source`,
  );
  const without = BigInt(sum ?? 0) / tooLong;
  const with_ = BigInt(count ?? 0) - without;
  return addBuckets([
    ...(with_ === 0n ? [] : [["0", String(with_), String(BigInt(sum ?? 0) % tooLong)]]),
    ...(without === 0n ? [] : [[String(withoutChecksum), String(without), "0"]]),
  ]);
}

async function sumsOfBuckets(connection: Connection, table: TableToSum, bits: number): Promise<BucketSums> {
  const sums = await connection.query(
    sql`SELECT ${bucketOf(sql`digest`, bits)} AS bucket, count(*), sum(${lastBits(sql`digest`)}) FROM ${checksummed(table)} GROUP BY bucket`,
  );
  return addBuckets(sums);
}

function checksummed(table: TableToSum, values: readonly Sql[] = []): Sql {
  return sql`(SELECT ${join([sql`${rowDigest(table, normalTexts(table))} AS digest`, ...values], ", ")} FROM ${table.from} AS source) AS summed`;
}

function normalTexts({ columns, forms }: TableToSum): readonly Sql[] {
  return columns.flatMap((column, index) => {
    const form = forms[index];
    return form === undefined ? [] : [normalText(form, column)];
  });
}

// By CONCAT, and NULL told from the values themselves: a text that is too long for the server is NULL to it as well, and
// must make the checksum NULL. CONCAT_WS would leave it out, coalesce() take it for the column's NULL.
function rowDigest({ columns, forms, digest }: TableToSum, texts: readonly Sql[]): Sql {
  const values = columns.map((column, index) => {
    const [form, text = sql`NULL`] = [forms[index], texts[index]];
    const escaped = form === undefined || mayHoldBar(form) ? sql`replace(${text}, '|', '|p')` : text;
    return sql`if(${source(column)} IS NULL, '|n', ${escaped})`;
  });
  return digestOf(sql`concat(${join(values, ", '|,', ")})`, digest);
}

// The last 64 of 128 bits as a number: the server adds up as many of them as there are without losing a digit.
function lastBits(digest: Sql): Sql {
  return sql`cast(conv(right(${digest}, 16), 16, 10) AS unsigned)`;
}

function bucketOf(digest: Sql, bits: number): Sql {
  return sql`(cast(conv(right(${digest}, 4), 16, 10) AS unsigned) & ${number(2 ** bits - 1)})`;
}
