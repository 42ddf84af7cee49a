import type { EngineConnection } from "../../lib/engine/duckdb.js";
import { readCsv, withPlaces } from "../../lib/engine/read-csv.js";
import { identifier, join, literal, sql } from "../../lib/mapping/sql.js";
import { type FileRole, filesOf, type Resource } from "../../lib/model/manifest.js";
import type { Sql } from "../../lib/model/names.js";
import type { StoryColumn } from "../../lib/story/row-story.js";
import type { FoundRow } from "./search.js";

type Value = string | null;

/** Why a row was rejected, out of rejects.csv.gz, which also holds the row itself. */
export interface LoggedReject {
  readonly reason: Value;
  readonly row: Readonly<Record<string, Value>>;
}

/** What rejects.csv.gz says of a row; undefined where it does not hold it. The file must have been proved. */
export async function loggedReject(connection: EngineConnection, found: FoundRow): Promise<LoggedReject | undefined> {
  const file = fileOf(found, "rejects");
  if (file === undefined) return undefined;
  const [values] = await selectLogged(connection, found, { file, columns: ["_extract", "_key", "_occurrence"] });
  if (values === undefined) return undefined;
  const named = file.schema.fields.map(({ name }, index) => [name, values[index] ?? null] as const);
  // Its own columns come first: a source may have columns of the same names.
  const own = Object.fromEntries(named.slice(0, 5));
  return { reason: own._reason ?? null, row: Object.fromEntries(named.slice(5)) };
}

/** What changes.csv.gz says that rules did to a row, column by column. The file must have been proved. */
export async function loggedChanges(
  connection: EngineConnection,
  found: FoundRow,
  row: Readonly<Record<string, Value>>,
): Promise<readonly StoryColumn[]> {
  const file = fileOf(found, "changes");
  const logged =
    file === undefined
      ? []
      : await selectLogged(connection, found, { file, columns: ["extract", "key", "occurrence"] });
  return Object.entries(row).map(([column, value]): StoryColumn => {
    const steps = logged
      .filter((line) => line[3] === column)
      .map(([, , , , rule, before = null, after = null]) => ({
        rule: rule ?? "",
        says: "as the change log has it",
        before,
        after,
        flagged: false,
      }));
    return { column, says: "before its rules", because: null, start: steps[0]?.before ?? value, steps, value };
  });
}

function fileOf({ of: { manifest } }: FoundRow, role: FileRole): Resource | undefined {
  return manifest === undefined ? undefined : filesOf(manifest, role)[0];
}

interface Logged {
  readonly file: Resource;
  /** Where the file holds extract, key and occurrence. */
  readonly columns: readonly string[];
}

async function selectLogged(
  connection: EngineConnection,
  { of: { folder }, extract, key, occurrence }: FoundRow,
  { file, columns }: Logged,
): Promise<readonly (readonly Value[])[]> {
  const names = file.schema.fields.map(({ name }) => name);
  const wanted = [extract, key, occurrence].map(
    (value, index): Sql =>
      sql`${identifier(`c${names.indexOf(columns[index] ?? "")}`)} IS NOT DISTINCT FROM ${literal(value)}`,
  );
  return await connection.rows(
    sql`SELECT * FROM ${readCsv(folder, withPlaces([file]))} WHERE ${join(wanted, " AND ")}`,
  );
}
