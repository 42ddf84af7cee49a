import { sql } from "../../mapping/sql.js";
import type { RowDigest } from "../../model/checksum.js";
import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import type { Connection } from "./connection.js";

/**
 * What this server makes of a row's text. MySQL has no MD5 from 9.6 on, unless somebody installed the component of the
 * classic hashes: such a server takes the first half of the SHA-256.
 */
export async function rowDigestOf(connection: Connection): Promise<RowDigest> {
  return await connection.query(sql`SELECT md5('')`).then(
    () => "md5",
    (error: unknown) => {
      // Who may only read is told that no routine of that name is theirs to call.
      const isUnknown = error instanceof StageError && ["specification", "forbidden"].includes(error.kind);
      if (isUnknown) return "sha256";
      throw error;
    },
  );
}

/** The digest of a text in 32 hex digits. */
export function digestOf(text: Sql, digest: RowDigest): Sql {
  return digest === "md5" ? sql`md5(${text})` : sql`left(sha2(${text}, 256), 32)`;
}
