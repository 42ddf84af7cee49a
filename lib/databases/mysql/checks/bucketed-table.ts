import { mayHoldBar } from "../../../mapping/normal-forms.js";
import { join, number, sql } from "../../../mapping/sql.js";
import { addBuckets, type Bucketed, type BucketSums, withoutChecksum } from "../../../model/buckets.js";
import type { Sql } from "../../../model/names.js";
import { fileText, source } from "../column-text.js";
import type { Connection } from "../connection.js";
import { identifier, literal, trusted } from "../identifiers.js";
import type { ComparedColumn } from "./compare-columns.js";
import { type MysqlForm, normalText } from "./normal-text.js";

/** A table whose rows are asked for as checksums. */
export interface BucketedTable {
  readonly from: Sql;
  readonly columns: readonly ComparedColumn[];
  readonly forms: readonly MysqlForm[];
}

/** The rows of a table as checksums, computed by the server; a text where it has no MD5(), as MySQL from 9.6 on by itself. */
export async function bucketedTable(connection: Connection, table: BucketedTable): Promise<Bucketed | string> {
  const knows = await connection.query(sql`SELECT md5('')`).catch(() => []);
  if (knows.length === 0)
    return "this server has no MD5(): INSTALL COMPONENT 'file://component_classic_hashing' brings it";
  return {
    sums: (bits) => (bits === 0 ? sumOfAll(connection, table) : sumsOfBuckets(connection, table, bits)),
    checksums: async (bits, buckets) => {
      const list = join(buckets.map(number), ", ");
      const found = await connection.query(
        sql`SELECT md5 FROM ${checksummed(table)} WHERE ${bucketOf(sql`md5`, bits)} IN (${list})`,
      );
      return found.map(([md5]) => md5 ?? "");
    },
    rows: async (checksums) => {
      if (checksums.length === 0) return new Map();
      const texts = table.columns.map((column, index) => sql`${fileText(column)} AS ${place(index)}`);
      const list = join(checksums.map(literal), ", ");
      const found = await connection.query(sql`SELECT * FROM ${checksummed(table, texts)} WHERE md5 IN (${list})`);
      return new Map(found.map(([md5, ...values]) => [md5 ?? "", values]));
    },
  };
}

const place = (index: number): Sql => identifier(`v${index}`);

// More than all rows together come to. A text longer than max_allowed_packet is NULL to the server, and so is its MD5.
const tooLong = 2n ** 128n;

// The checksum stands here once: the server would compute it for each of its uses.
async function sumOfAll(connection: Connection, table: BucketedTable): Promise<BucketSums> {
  const [[count = null, sum = null] = []] = await connection.query(
    sql`SELECT count(*), sum(coalesce(${lastBits(rowMd5(table))}, ${trusted(String(tooLong))})) FROM ${table.from} AS source`,
  );
  const without = BigInt(sum ?? 0) / tooLong;
  const with_ = BigInt(count ?? 0) - without;
  return addBuckets([
    ...(with_ === 0n ? [] : [["0", String(with_), String(BigInt(sum ?? 0) % tooLong)]]),
    ...(without === 0n ? [] : [[String(withoutChecksum), String(without), "0"]]),
  ]);
}

async function sumsOfBuckets(connection: Connection, table: BucketedTable, bits: number): Promise<BucketSums> {
  const sums = await connection.query(
    sql`SELECT ${bucketOf(sql`md5`, bits)} AS bucket, count(*), sum(${lastBits(sql`md5`)}) FROM ${checksummed(table)} GROUP BY bucket`,
  );
  return addBuckets(sums);
}

function checksummed(table: BucketedTable, values: readonly Sql[] = []): Sql {
  return sql`(SELECT ${join([sql`${rowMd5(table)} AS md5`, ...values], ", ")} FROM ${table.from} AS source) AS summed`;
}

// By CONCAT, and NULL told from the values themselves: a text that is too long for the server is NULL to it as well, and
// must make the checksum NULL. CONCAT_WS would leave it out, coalesce() take it for the column's NULL.
function rowMd5({ columns, forms }: BucketedTable): Sql {
  const texts = columns.flatMap((column, index) => {
    const form = forms[index];
    if (form === undefined) return [];
    const text = normalText(form, column);
    const escaped = mayHoldBar(form) ? sql`replace(${text}, '|', '|p')` : text;
    return [sql`if(${source(column)} IS NULL, '|n', ${escaped})`];
  });
  return sql`md5(concat(${join(texts, ", '|,', ")}))`;
}

// The last 64 of 128 bits as a number: the server adds up as many of them as there are without losing a digit.
function lastBits(md5: Sql): Sql {
  return sql`cast(conv(right(${md5}, 16), 16, 10) AS unsigned)`;
}

function bucketOf(md5: Sql, bits: number): Sql {
  return sql`(cast(conv(right(${md5}, 4), 16, 10) AS unsigned) & ${number(2 ** bits - 1)})`;
}
