import type { Migration } from "../../lib/mapping/migration.js";
import type { TransformCounts } from "../../lib/model/counts.js";
import type { Verdict } from "../../lib/model/manifest.js";

/** Whether the data owner accepts so many rejects. */
export function verdictOf(migration: Migration, table: string, { read, rejected }: TransformCounts): Verdict {
  const limit = migration.acceptance.rejectedMaxPercent;
  const percent = read === 0 ? 0 : (100 * rejected) / read;
  if (limit === undefined || percent <= limit) return { code: 0, reasons: [] };
  return {
    code: 1,
    reasons: [
      `${table}: ${rejected} of ${read} rows were rejected (${percent.toFixed(2)} %), more than the accepted ${limit} %`,
    ],
  };
}
