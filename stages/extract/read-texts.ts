import type { Selection, Source, SourceTable } from "../../lib/databases/port.js";
import { rowsOf } from "../../lib/files/csv-rows.js";
import type { Extract } from "../../lib/mapping/migration.js";

/** Rows of one extract, to be read only for what they refer to. */
interface Referring {
  readonly source: Source;
  readonly extract: Extract;
  readonly shape: SourceTable;
  readonly selection: Selection;
}

/** What these columns hold in the rows selected, each combination once; those with a NULL refer to nothing. */
export async function readTexts(
  { source, extract, shape, selection }: Referring,
  columns: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const places = columns.map((name) => shape.columns.findIndex((column) => column.name === name));
  const found = new Map<string, readonly string[]>();
  await source.copy({ extract, table: shape, range: undefined, selection }, async ({ rows }) => {
    for await (const row of rowsOf(rows)) {
      const texts = places.flatMap((place) => row[place] ?? []);
      if (texts.length === columns.length) found.set(JSON.stringify(texts), texts);
    }
  });
  return [...found.values()];
}
