import { identifier, join, keyJson, literal, sql } from "../mapping/sql.js";
import { filesOf, type Manifest } from "../model/manifest.js";
import type { Sql } from "../model/names.js";
import type { EngineConnection } from "./duckdb.js";
import { finalValue, type MappingPlan } from "./plan-mapping.js";
import { readCsv, withPlaces } from "./read-csv.js";

/** The rule that keeps a replayed row from being written a second time, or in another row's place. */
export const replayRule = "replay";

/** A transform whose rows a replay must leave alone: that of the run, and of earlier replays. */
export interface WrittenOutput {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** What two target rows must not share: the key, and what duplicates are told by. */
interface Identity {
  readonly table: Sql;
  readonly columns: readonly number[];
  readonly reason: string;
}

function identitiesOf({ targetKey, table, compiled }: MappingPlan): readonly Identity[] {
  const by = (table.dedupe?.by ?? []).map((name) => compiled.columns.findIndex((column) => column.name === name));
  const key = { table: identifier("written_keys"), columns: targetKey, reason: "its target key is written already" };
  const duplicate = {
    table: identifier("written_duplicates"),
    columns: by,
    reason: `a row with the same ${(table.dedupe?.by ?? []).join(", ")} is written already`,
  };
  return [key, duplicate].filter(({ columns }) => columns.length > 0);
}

/** Makes the tables of what was written before. */
export async function loadWritten(
  connection: EngineConnection,
  plan: MappingPlan,
  outputs: readonly WrittenOutput[],
): Promise<void> {
  for (const { table, columns } of identitiesOf(plan)) {
    const places = columns.map((index) => identifier(`c${index}`));
    const selects = outputs.map(
      ({ folder, manifest }) =>
        sql`SELECT ${keyJson(places)} AS key FROM ${readCsv(folder, withPlaces(filesOf(manifest, "part")))} WHERE ${present(places)}`,
    );
    await connection.run(sql`CREATE TABLE ${table} AS SELECT DISTINCT key FROM (${join(selects, " UNION ALL ")})`);
  }
}

/** Rejects the rows of `mapped` that would be written a second time; a row that has another fault keeps that one. */
export function rejectWritten(plan: MappingPlan): readonly Sql[] {
  return identitiesOf(plan).map(({ table, columns, reason }) => {
    const values = columns.map((index) => finalValue(plan, index));
    return sql`UPDATE mapped SET "~disposition" = 'rejected', "~rule" = ${literal(replayRule)}, "~reason" = ${literal(reason)}
      WHERE "~disposition" IS NULL AND "~orphan_rule" IS NULL AND ${present(values)} AND ${keyJson(values)} IN (SELECT key FROM ${table})`;
  });
}

// NULL is no key and no duplicate of anything, as in `dedupe`.
function present(values: readonly Sql[]): Sql {
  return join(
    values.map((value) => sql`${value} IS NOT NULL`),
    " AND ",
  );
}
