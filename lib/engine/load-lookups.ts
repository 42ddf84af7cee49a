import { type CompiledLookup, lookupColumn } from "../mapping/compiled.js";
import { parseLookup } from "../mapping/lookup-file.js";
import type { SpecificationFile } from "../mapping/migration.js";
import { identifier, join, literal, sql } from "../mapping/sql.js";
import type { EngineConnection } from "./duckdb.js";

/** Rows an INSERT takes at once: a statement of a few hundred kilobytes. */
const batchRows = 2000;

/** Makes a table of each lookup file, from the bytes of the specification as it was read; later edits change nothing. */
export async function loadLookups(
  connection: EngineConnection,
  lookups: readonly CompiledLookup[],
  files: readonly SpecificationFile[],
): Promise<void> {
  for (const lookup of lookups) {
    const file = files.find(({ path }) => path === lookup.file);
    if (file === undefined) throw new Error(`the specification holds no ${lookup.file}`);
    const { columns, rows } = parseLookup(file);
    const wanted = lookup.columns.map((name) => columns.indexOf(name));
    const name = identifier(lookup.name);
    await connection.run(
      sql`CREATE TABLE ${name} (${join(
        lookup.columns.map((column) => sql`${identifier(lookupColumn(column))} VARCHAR`),
        ", ",
      )})`,
    );
    for (let start = 0; start < rows.length; start += batchRows) {
      const values = rows.slice(start, start + batchRows).map(
        (row) =>
          sql`(${join(
            wanted.map((index) => literal(row[index] ?? null)),
            ", ",
          )})`,
      );
      await connection.run(sql`INSERT INTO ${name} VALUES ${join(values, ", ")}`);
    }
  }
}
