import pg from "pg";
import { beneficiariesSql, distributionsSql, programmesSql } from "./relief-registry-sql.js";

/** How many rows of each kind the made-up registry holds. */
export interface RegistryCounts {
  readonly beneficiaries: number;
  /** Beneficiaries without a name. */
  readonly nameless: number;
  /** Beneficiaries whose id stands there a second time, with another `updated_at`. */
  readonly duplicates: number;
  readonly distributions: number;
}

/** The size whose numbers the documents quote: 1,247,893 = 2,341 nameless + 1,456 duplicates + 1,244,096 others. */
export const quotedRows = 1_247_893;

/** The counts for a registry of `rows` beneficiaries: in proportion to the quoted ones, rounded, each at least 1. */
export function registryCounts(rows: number): RegistryCounts {
  const share = (quoted: number) => Math.max(1, Math.round((rows * quoted) / quotedRows));
  return {
    beneficiaries: rows,
    nameless: share(2_341),
    duplicates: share(1_456),
    distributions: Math.max(2, Math.floor(rows / 2)),
  };
}

/**
 * Fills an empty database with a legacy relief registry of made-up people: the same rows every time. It has what
 * legacy registries have: ids that are not unique, dates as text, codes with leading zeros, names with quotes, commas,
 * line breaks and blanks around them.
 */
export async function fillRegistry(url: string, rows: number): Promise<RegistryCounts> {
  const counts = registryCounts(rows);
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(programmesSql);
    await client.query(beneficiariesSql(counts));
    await client.query(distributionsSql(counts));
    await client.query("VACUUM ANALYZE");
  } finally {
    await client.end();
  }
  return counts;
}
