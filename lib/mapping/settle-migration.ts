import { extractName } from "../model/names.js";
import type { Extract, Migration } from "./migration.js";
import type { ParsedExtract, ParsedMigration } from "./migration-schema.js";

/** What migration.yaml says, in the words every part of Waybill agrees on; tables and files come from elsewhere. */
export function settleMigration(parsed: ParsedMigration): Omit<Migration, "tables" | "files"> {
  return {
    id: parsed.migration,
    title: parsed.title,
    source: parsed.source,
    target: parsed.target,
    extracts: parsed.extracts.map(([name, extract]) => settleExtract(name, extract)),
    acceptance: {
      rejectedMaxPercent: parsed.acceptance?.rejected?.max_percent,
      sampleRows: parsed.acceptance?.sample ?? 100,
    },
    rollbackWhen: Object.fromEntries(parsed.rollback_when ?? []),
    signOff: parsed.sign_off,
    retentionDays: parsed.retention_days,
  };
}

function settleExtract(name: string, parsed: ParsedExtract): Extract {
  return {
    name: extractName(name),
    from:
      parsed.select === undefined
        ? { kind: "table", table: parsed.table ?? name }
        : { kind: "select", sql: parsed.select },
    where: parsed.where,
    key: parsed.key,
    watermark: parsed.watermark,
    rowChecksum: parsed.row_checksum,
    partRows: parsed.part_rows,
    partBy: parsed.part_by,
  };
}
