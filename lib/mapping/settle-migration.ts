import { extractName } from "../model/names.js";
import type { DeclaredSource, Extract, Migration } from "./migration.js";
import type { ParsedExtract, ParsedMigration } from "./migration-schema.js";

/** What migration.yaml says, in the words every part of Waybill agrees on; tables and files come from elsewhere. */
export function settleMigration(parsed: ParsedMigration): Omit<Migration, "tables" | "files"> {
  const sources = settleSources(parsed);
  return {
    id: parsed.migration,
    title: parsed.title,
    sources,
    target: parsed.target,
    extracts: parsed.extracts.map(([name, extract]) => settleExtract(name, { parsed: extract, sources })),
    acceptance: {
      rejectedMaxPercent: parsed.acceptance?.rejected?.max_percent,
      differingMaxPercent: parsed.acceptance?.differing?.max_percent,
      sampleRows: parsed.acceptance?.sample ?? 100,
    },
    rollbackWhen: Object.fromEntries(parsed.rollback_when ?? []),
    signOff: parsed.sign_off,
    retentionDays: parsed.retention_days,
  };
}

function settleSources({ source, sources }: ParsedMigration): readonly DeclaredSource[] {
  if (sources === undefined) return [{ name: undefined, url: source }];
  return sources.map(([name, url]) => ({ name, url: url ?? undefined }));
}

interface Declared {
  readonly parsed: ParsedExtract;
  readonly sources: readonly DeclaredSource[];
}

function settleExtract(name: string, { parsed, sources }: Declared): Extract {
  return {
    name: extractName(name),
    // The only one need not be named; where there are more, `checkSources` has asked for it.
    source: parsed.source ?? sources[0]?.name,
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
    invalidText: parsed.invalid_text,
  };
}
