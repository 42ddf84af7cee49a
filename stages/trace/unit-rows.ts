import { join } from "node:path";
import { readBody } from "../../lib/files/csv-rows.js";
import { readManifest, verifyFile } from "../../lib/files/manifest-file.js";
import { unitDirectories } from "../../lib/files/work-directory.js";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import { filesOf } from "../../lib/model/manifest.js";
import type { Tracing } from "./transforms.js";

type Row = Readonly<Record<string, CsvValue>>;

/** The rows that units upserted under the target key of a row, each with its unit's name. 65 where a unit's file is damaged. */
export async function* unitRows(
  { work, table }: Tracing,
  row: Row,
): AsyncGenerator<{ readonly unit: string; readonly row: Row }> {
  const manifest = await readManifest(work.stageFolder("transform", table.name));
  const key = (manifest?._waybill.details.targetKey ?? []) as readonly string[];
  if (key.length === 0) return;
  for (const [unit, place] of await unitDirectories(work)) {
    const folder = place.stageFolder("load", table.name);
    const loaded = await readManifest(folder);
    for (const file of loaded === undefined ? [] : filesOf(loaded, "part")) {
      await verifyFile(folder, file, "waybill run, with the --key or --sample of that unit");
      const names = file.schema.fields.map(({ name }) => name);
      for await (const values of readBody(join(folder, file.path))) {
        const own = Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]));
        if (key.every((name) => own[name] === row[name])) yield { unit, row: own };
      }
    }
  }
}
