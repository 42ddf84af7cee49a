import { mayHoldBar } from "../../mapping/normal-forms.js";
import { addBuckets } from "../../model/buckets.js";
import type { Sql } from "../../model/names.js";
import type { BucketedTable } from "../buckets-port.js";
import type { DatabaseColumn } from "../port.js";
import { firstRowsOf, type Rows, spelledLike } from "../read-back.js";
import type { PartToLoad } from "../target-port.js";
import type { Connection } from "./connection.js";
import { identifier, identifiers, joined, literal, sql, trusted } from "./identifiers.js";
import { normalText, type PostgresForm } from "./normal-text.js";
import { rowText } from "./row-text.js";
import { spelledAs } from "./spelled-as.js";

/** A table whose rows are asked for as checksums. */
export interface TableToSum {
  readonly from: Sql;
  readonly columns: readonly DatabaseColumn[];
  readonly forms: readonly PostgresForm[];
  /** The files that its rows came from. */
  readonly parts: readonly PartToLoad[];
}

/** The rows of a table as checksums, computed by the server, in parallel where it does such things. */
export async function bucketedTable(connection: Connection, table: TableToSum): Promise<BucketedTable> {
  const [server] = await connection.query<{ encoding: string }>(
    sql`SELECT current_setting('server_encoding') AS encoding`,
  );
  const toUtf8 = server?.encoding !== "UTF8";
  const normal = normalTexts(table);
  const rows = (values: readonly Sql[] = [], texts = normal) => checksummed(table, { texts, values, toUtf8 });
  const sumsOf = async (from: Sql, bits: number) => {
    const sums = await connection.query<Readonly<Record<"bucket" | "count" | "sum", string>>>(
      sql`SELECT ${bucketOf(bits)} AS bucket, count(*) AS count, sum(${lastBits}) AS sum FROM ${from} GROUP BY bucket`,
    );
    return addBuckets(sums.map(({ bucket, count, sum }) => [bucket, count, sum]));
  };
  return {
    sums: (bits) => sumsOf(bits === 0 ? rows() : fenced(rows()), bits),
    spelledSum: async () => {
      const texts = spelledTexts(table, normal, await firstRowsOf(table.parts));
      return texts.join() === normal.join() ? undefined : await sumsOf(rows([], texts), 0);
    },
    checksums: async (bits, buckets) => {
      const list = literal(`{${buckets.join()}}`);
      const found = await connection.query<{ md5: string }>(
        sql`SELECT md5 FROM ${fenced(rows())} WHERE ${bucketOf(bits)} = ANY (${list}::bigint[])`,
      );
      return found.map(({ md5 }) => md5);
    },
    rows: async (checksums) => {
      if (checksums.length === 0) return new Map();
      const names = table.columns.map((_, index) => `v${index}`);
      const values = table.columns.map(
        ({ name }, index) => sql`${identifier(name)}::text AS ${identifier(`v${index}`)}`,
      );
      const found = await connection.query(
        sql`SELECT md5, ${identifiers(names)} FROM ${fenced(rows(values))} WHERE md5 = ANY (${literal(`{${checksums.join()}}`)}::text[])`,
      );
      return new Map(found.map((row) => [row.md5 ?? "", names.map((name) => row[name] ?? null)]));
    },
  };
}

// The last 64 of 128 bits as a number, negative in half of all cases: sums count mod 2^64.
const lastBits = sql`('x' || right(md5, 16))::bit(64)::bigint`;

function bucketOf(bits: number): Sql {
  return bits === 0 ? sql`0` : sql`(${lastBits} & ${trusted(String(2 ** bits - 1))})`;
}

// Keeps the server from computing a checksum once for each of its uses. It also keeps the sums out of its parallel
// workers, so that the sum of all rows, which uses it once, goes without.
function fenced(rows: Sql): Sql {
  return sql`(SELECT * FROM ${rows} OFFSET 0) AS fenced`;
}

function normalTexts({ columns, forms }: TableToSum): readonly Sql[] {
  return forms.map((form, index) => normalText(form, identifier(columns[index]?.name ?? "")));
}

// What is printed as it is spelled stands as its normal text, which is the same or else makes another sum.
function spelledTexts({ columns }: TableToSum, normal: readonly Sql[], like: Rows): readonly Sql[] {
  return spelledLike(columns, like, spelledAs).map((spelled, index) =>
    spelled === identifier(columns[index]?.name ?? "") ? (normal[index] ?? spelled) : sql`(${spelled})::text`,
  );
}

interface Texts {
  readonly texts: readonly Sql[];
  /** Besides the checksum. */
  readonly values: readonly Sql[];
  readonly toUtf8: boolean;
}

function checksummed({ from, forms }: TableToSum, { texts, values, toUtf8 }: Texts): Sql {
  const named = forms.map((form, index) => ({
    name: `~${index}`,
    type: mayHoldBar(form) ? "string" : form.kind,
    text: sql`${texts[index] ?? sql`NULL`} AS ${identifier(`~${index}`)}`,
  }));
  const names = values.map((_, index) => identifier(`v${index}`));
  const inner = joined([...named.map(({ text }) => text), ...values]);
  return sql`(SELECT ${joined([sql`md5(${rowText(named, toUtf8)}) AS md5`, ...names])} FROM (SELECT ${inner} FROM ${from}) AS texts) AS rows`;
}
