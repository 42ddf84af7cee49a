import { join } from "node:path";
import { readBody } from "../../lib/files/csv-rows.js";
import { verifyFile } from "../../lib/files/manifest-file.js";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import { filesOf, type Manifest, type Resource } from "../../lib/model/manifest.js";
import { lineageColumns } from "../../lib/model/resource.js";
import type { Run } from "../../lib/program/open-run.js";
import type { Replay } from "../../lib/program/standing-replays.js";
import { identityOf } from "./corrections.js";

/** The rows of the source that a replay took in and did not reject again. */
export async function writtenIdentities(run: Run, replay: Replay): Promise<ReadonlySet<string>> {
  const identities = new Set<string>();
  for (const extract of replay.extracts) {
    const { subject } = extract._waybill;
    for await (const [key, occurrence] of valuesOf(run, replay, {
      manifest: extract,
      role: "part",
      columns: lineageColumns,
    }))
      identities.add(identityOf(subject, key ?? null, occurrence ?? null));
  }
  // A ledger of exceptions names those that were rejected too.
  const columns = ["extract", "key", "occurrence", "disposition"];
  for await (const [extract, key, occurrence, disposition] of valuesOf(run, replay, {
    manifest: replay.transform,
    role: "ledger",
    columns,
  }))
    if (disposition === "rejected") identities.delete(identityOf(extract ?? null, key ?? null, occurrence ?? null));
  return identities;
}

interface Wanted {
  readonly manifest: Manifest;
  readonly role: Resource["_role"];
  readonly columns: readonly string[];
}

async function* valuesOf(
  run: Run,
  { work, name }: Replay,
  { manifest, role, columns }: Wanted,
): AsyncGenerator<readonly CsvValue[]> {
  const { stage, subject } = manifest._waybill;
  const folder = work.stageFolder(stage, subject);
  for (const file of filesOf(manifest, role)) {
    await verifyFile(folder, file, run.command("rejects", "discard", `${run.options.names[0] ?? ""} ${name}`));
    const places = columns.map((column) => file.schema.fields.findIndex((field) => field.name === column));
    for await (const row of readBody(join(folder, file.path))) yield places.map((place) => row[place] ?? null);
  }
}
