import { join, sql } from "../../mapping/sql.js";
import type { Checksum } from "../../model/checksum.js";
import type { Sql } from "../../model/names.js";
import type { DatabaseColumn } from "../port.js";
import type { Connection } from "./connection.js";
import { rowDigest } from "./extract-sql.js";
import { trusted } from "./identifiers.js";
import { rowDigestOf } from "./row-digest.js";

/**
 * The checksum of rows that the server computes by itself: the order-free sum of their digests mod 2^128, and their number.
 * `from` is what stands after FROM, its rows under the alias `source`.
 */
export async function rowsChecksum(
  connection: Connection,
  from: Sql,
  columns: readonly DatabaseColumn[],
): Promise<Checksum> {
  const digest = rowDigest(columns, await rowDigestOf(connection));
  // By 32 bits: of these the server adds up as many as there are without losing a digit.
  const lanes = [1, 9, 17, 25].map((at) => {
    const digits = sql`substr(digest, ${trusted(String(at))}, 8)`;
    return sql`coalesce(sum(cast(conv(${digits}, 16, 10) AS unsigned)), 0)`;
  });
  const [[count, ...sums] = []] = await connection.query(
    sql`SELECT count(*), ${join(lanes, ", ")} FROM (SELECT ${digest} AS digest FROM ${from}) AS summed`,
  );
  const total = sums.reduce((sofar, lane) => (sofar << 32n) + BigInt(lane ?? "0"), 0n);
  return { sum: (total % (1n << 128n)).toString(16).padStart(32, "0"), count: Number(count) };
}
