import { createHash } from "node:crypto";
import type { Sql } from "../model/names.js";
import { identifier, join, literal, sql } from "./sql.js";

/** The namespace of all Waybill's keys: the UUIDv5 of `urn:waybill:migration` in RFC 9562's namespace of URLs. */
const waybillNamespace = "f784d87d-4703-50a3-b9c1-4e3c7140bd34";

/** The UUID of `name` in a namespace, as RFC 9562 section 5.5 defines version 5: SHA-1 over namespace and UTF-8. */
export function uuid5(namespace: string, name: string): string {
  const hash = createHash("sha1").update(bytesOf(namespace)).update(name, "utf8").digest("hex");
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `5${hash.slice(13, 16)}`,
    `${variant(hash)}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join("-");
}

/** The namespace of one migration's keys. */
export function migrationNamespace(migrationId: string): string {
  return uuid5(waybillNamespace, migrationId);
}

/** The name a key is made of: `beneficiaries:2:42`. The lengths, in bytes, keep (`a:b`, `c`) from (`a`, `b:c`). */
export function keyName(table: string, values: readonly string[]): string {
  return [table, ...values.map((value) => `${Buffer.byteLength(value)}:${value}`)].join(":");
}

/** `uuid5(namespace, keyName(table, columns))` in DuckDB's SQL; NULL where one of the columns is. */
export function uuid5Sql(namespace: string, table: string, columns: readonly string[]): Sql {
  const values = columns.map(identifier).map((column) => sql` || strlen(${column}) || ':' || ${column}`);
  const name = sql`${literal(`${table}:`)}${join(values, " || ':'")}`;
  const prefix = literal(
    [...bytesOf(namespace)].map((byte) => `\\x${byte.toString(16).padStart(2, "0").toUpperCase()}`).join(""),
  );
  // DuckDB computes an expression that stands several times in a projection once, unless it stands inside of CASE: one
  // SHA-1 a row (measured: 250,000 rows in 0.11 s on one thread, of which SHA-1 takes 0.05; translate() instead of the
  // CASE over one digit takes three times as long).
  const hash = sql`sha1(CAST(${prefix} AS BLOB) || encode(${name}))`;
  const digit = sql`substr(${hash}, 17, 1)`;
  const variant = sql`CASE WHEN ${digit} IN ('0', '4', '8', 'c') THEN '8' WHEN ${digit} IN ('1', '5', '9', 'd') THEN '9' WHEN ${digit} IN ('2', '6', 'a', 'e') THEN 'a' ELSE 'b' END`;
  // concat() makes one text where a chain of || makes nine, but takes NULL for '': the one || keeps NULL.
  return sql`(substr(${hash}, 1, 8) || concat('-', substr(${hash}, 9, 4), '-5', substr(${hash}, 14, 3), '-', ${variant}, substr(${hash}, 18, 3), '-', substr(${hash}, 21, 12)))`;
}

/** The seventeenth digit with its upper two bits set to 10. */
const variant = (hash: string): string => ((Number.parseInt(hash.charAt(16), 16) & 0b0011) | 0b1000).toString(16);

const bytesOf = (uuid: string): Buffer => Buffer.from(uuid.replaceAll("-", ""), "hex");
