import type { Checksum } from "../../model/checksum.js";
import type { Sql } from "../../model/names.js";
import type { DatabaseColumn } from "../port.js";
import type { Connection } from "./connection.js";
import { identifier, joined, sql, trusted } from "./identifiers.js";
import { copiedText, rowText } from "./row-text.js";

/** The MD5 of each row's text: what stands after SELECT over `from`, a table or a subquery with an alias. */
export function rowMd5s(from: Sql, columns: readonly DatabaseColumn[]): Sql {
  const texts = columns.map((column) => sql`${copiedText(column)} AS ${identifier(column.name)}`);
  return sql`SELECT md5(${rowText(columns, false)}) AS md5 FROM (SELECT ${joined(texts)} FROM ${from}) AS texts`;
}

/** The checksum of rows that the server computes by itself: the order-free sum of their MD5 mod 2^128, and their number. */
export async function rowsChecksum(
  connection: Connection,
  from: Sql,
  columns: readonly DatabaseColumn[],
): Promise<Checksum> {
  // By 32 bits: sums of bigint are exact, and adding up numerics of 39 digits takes four times as long.
  const lane = (index: number): Sql => {
    const digits = sql`substr(md5, ${trusted(String(8 * index + 1))}, 8)`;
    return sql`COALESCE(sum(('x' || ${digits})::bit(32)::bigint), 0) * ${trusted(String(1n << BigInt(32 * (3 - index))))}`;
  };
  const [row] = await connection.query<{ count: string; sum: string }>(
    sql`SELECT count(*) AS count, mod(${joined([0, 1, 2, 3].map(lane), " + ")}, ${trusted(String(1n << 128n))}) AS sum
        FROM (${rowMd5s(from, columns)}) AS rows`,
  );
  return {
    sum: BigInt(row?.sum ?? "0")
      .toString(16)
      .padStart(32, "0"),
    count: Number(row?.count),
  };
}
