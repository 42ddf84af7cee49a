import { sql } from "../../../mapping/sql.js";
import type { Connection } from "../connection.js";
import type { Warning } from "./refused.js";
import type { Changed } from "./target-connection.js";

/** What became of rows that were sent, and what the server had to say of them. */
export interface Sent extends Changed {
  readonly warnings: readonly Warning[];
}

/** They say nothing of the rows: a statement's way into the binlog (1592), and words that will go out of use (1287, 1681). */
const harmless = new Set(["1592", "1287", "1681"]);

/** As far as the protocol counts. */
const mostCounted = 65_535;

/**
 * What the server warned of in the statement before, if it may be of rows. A server keeps so many warnings and no more: where
 * it keeps fewer than it counted, what it does not tell may be anything.
 */
export async function warningsOf(connection: Connection, warningCount: number): Promise<readonly Warning[]> {
  if (warningCount === 0) return [];
  const warnings = await connection.query(sql`SHOW WARNINGS`);
  const ofRows = warnings.filter(([, number]) => !harmless.has(number ?? ""));
  const areAllTold = warnings.length >= warningCount && warningCount < mostCounted;
  return ofRows.length > 0 || areAllTold ? ofRows : [untold(warnings.length, warningCount)];
}

function untold(told: number, warningCount: number): Warning {
  return [
    "Warning",
    "1105",
    `it tells of ${told} of ${warningCount} warnings: SET GLOBAL max_error_count = ${mostCounted}`,
  ];
}
