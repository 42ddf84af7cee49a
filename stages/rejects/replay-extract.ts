import { join } from "node:path";
import { writeRows } from "../../lib/files/csv-file.js";
import { writeManifest } from "../../lib/files/manifest-file.js";
import { emptyStageFolder } from "../../lib/files/stage-folder.js";
import { makeFolder, type WorkDirectory } from "../../lib/files/work-directory.js";
import { type CsvValue, encodeRow } from "../../lib/model/csv-dialect.js";
import { hashOf, sha256 } from "../../lib/model/hash.js";
import { buildManifest, type Field, type Input, type Manifest } from "../../lib/model/manifest.js";
import { addedColumns, fieldOf, lineageColumns, partName, resourceOf } from "../../lib/model/resource.js";
import type { Run } from "../../lib/program/open-run.js";
import { tool } from "../../lib/program/tool.js";
import type { CorrectedRow } from "./corrections.js";

/** Corrected rows as an extract holds them, before they are written. */
export interface ReplayExtract {
  /** The manifest of the extract whose rows were rejected. */
  readonly base: Manifest;
  readonly fields: readonly Field[];
  readonly rows: readonly (readonly CsvValue[])[];
  /** How many of them each rule had rejected. */
  readonly rejectedBy: Readonly<Record<string, number>>;
  /** Of the rows' text, as `_contentHash` has it. */
  readonly contentHash: string;
}

/** Lays corrected rows out as their extract: its own columns, then those that say which row of the source each was. */
export function layOut(base: Manifest, corrected: readonly CorrectedRow[]): ReplayExtract {
  const own = corrected.filter(({ extract }) => extract === base._waybill.subject);
  const added = addedColumns(base);
  const source = (base.resources[0]?.schema.fields ?? []).filter(({ name }) => !added.includes(name));
  const fields = [...source, ...lineageColumns.map((name) => fieldOf({ name, type: "string" }))];
  const rows = own.map(({ values }) => fields.map(({ name }) => values[name] ?? null));
  const rejectedBy: Record<string, number> = {};
  for (const { rule } of own) rejectedBy[rule] = (rejectedBy[rule] ?? 0) + 1;
  return { base, fields, rows, rejectedBy, contentHash: sha256(rows.map(encodeRow).join("")) };
}

/** Publishes an extract of corrected rows; `corrects` is the transform that rejected them. */
export async function writeReplayExtract(
  run: Run,
  { base, fields, rows, rejectedBy, contentHash }: ReplayExtract,
  { work, corrects }: { readonly work: WorkDirectory; readonly corrects: Input },
): Promise<void> {
  const { subject, snapshots, details } = base._waybill;
  const folder = work.stageFolder("extract", subject);
  await makeFolder(folder);
  await emptyStageFolder(folder);
  const path = partName("part", 0);
  const file = await writeRows(
    join(folder, path),
    fields.map(({ name }) => name),
    rows,
  );
  const manifest = buildManifest([resourceOf(file, { path, role: "part", fields })], {
    stage: "extract",
    subject,
    migration: run.migration.id,
    fingerprint: hashOf({
      program: "rejects/1",
      migration: run.migration.id,
      corrects: corrects.outputHash,
      contentHash,
    }),
    inputs: [corrects],
    snapshots,
    counts: { read: rows.length },
    checksum: null,
    verdict: { code: 0, reasons: [] },
    tool: tool(),
    details: {
      ...details,
      leftOutByWhere: 0,
      partsBy: "key",
      rowChecksum: false,
      corrects: corrects.outputHash,
      rejectedBy,
    },
  });
  await writeManifest(folder, manifest);
}
