import { join, sql } from "../../mapping/sql.js";
import type { Checksum } from "../../model/checksum.js";
import type { Sql } from "../../model/names.js";
import type { DatabaseColumn } from "../port.js";
import type { Connection } from "./connection.js";
import { rowMd5, textOfRow } from "./extract-sql.js";
import { trusted } from "./identifiers.js";

/** What tells rows apart: 32 hex digits of a row of `source`, over these columns as they stand in a file. */
export type RowDigest = (columns: readonly DatabaseColumn[]) => Sql;

/**
 * The digest that this server computes: the MD5, and where it has none, the beginning of the SHA-256. MySQL has no MD5 from
 * 9.6 on, unless the component of the classic hashes is installed.
 */
export async function rowDigest(connection: Connection): Promise<RowDigest> {
  const hasMd5 = await connection.query(sql`SELECT md5('')`).then(
    () => true,
    () => false,
  );
  return hasMd5 ? rowMd5 : (columns) => sql`left(sha2(${textOfRow(columns)}, 256), 32)`;
}

/**
 * The checksum of rows that the server computes by itself: the order-free sum of their digests mod 2^128, and their number.
 * `from` is what stands after FROM, its rows under the alias `source`.
 */
export async function rowsChecksum(
  connection: Connection,
  from: Sql,
  columns: readonly DatabaseColumn[],
): Promise<Checksum> {
  const digest = await rowDigest(connection);
  // By 32 bits: of these the server adds up as many as there are without losing a digit.
  const lanes = [1, 9, 17, 25].map((at) => {
    const digits = sql`substr(digest, ${trusted(String(at))}, 8)`;
    return sql`coalesce(sum(cast(conv(${digits}, 16, 10) AS unsigned)), 0)`;
  });
  const [[count, ...sums] = []] = await connection.query(
    sql`SELECT count(*), ${join(lanes, ", ")} FROM (SELECT ${digest(columns)} AS digest FROM ${from}) AS summed`,
  );
  const total = sums.reduce((sofar, lane) => (sofar << 32n) + BigInt(lane ?? "0"), 0n);
  return { sum: (total % (1n << 128n)).toString(16).padStart(32, "0"), count: Number(count) };
}
