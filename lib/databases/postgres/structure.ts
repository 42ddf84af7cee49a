import type { Sql } from "../../model/names.js";
import type { StructureObject } from "../port.js";
import { type FoundTable, findTable } from "./catalog.js";
import type { Connection } from "./connection.js";
import { joined, literal, sql, trusted } from "./identifiers.js";
import { sequenceObjects } from "./sequences.js";
import { tableObjects } from "./table-objects.js";

/**
 * What the catalog says of a table beside its rows, in a fixed order, every name with its schema. Left out is what another
 * object says already: the index of a constraint, and a constraint NOT NULL. Sequences have to be ahead of `rows`, a
 * fragment of FROM without an alias, or of all. Call it inside a transaction; the search path is as it was afterwards.
 */
export async function structureOf(
  connection: Connection,
  name: string,
  rows?: Sql,
): Promise<readonly StructureObject[]> {
  const table = await findTable(connection, name);
  const [path] = await connection.query<{ path: string }>(sql`SELECT current_setting('search_path') AS path`);
  await connection.execute(sql`SET LOCAL search_path = pg_catalog`);
  const objects = await everyObject(connection, table, rows);
  // The tests of a specification are asked in the same transaction, and rely on the role's own path.
  await connection.query(sql`SELECT set_config('search_path', ${literal(path?.path ?? "")}, true)`);
  const constraints = new Set(objects.filter(({ kind }) => kind === "constraint").map((one) => one.name));
  const isSaid = ({ kind, name, definition, flaw }: StructureObject) =>
    (kind === "index" && constraints.has(name)) ||
    (kind === "constraint" && definition.startsWith("NOT NULL ") && flaw === undefined);
  return objects.filter((one) => !isSaid(one));
}

const kinds = ["column", "constraint", "foreign key", "index", "trigger"] as const;

interface ObjectRow {
  readonly place: string;
  readonly name: string;
  readonly definition: string;
  readonly flaw: string | null;
}

// In one statement: each would take as long as the others, of a small table as long as all else.
async function everyObject(
  connection: Connection,
  table: FoundTable,
  rows: Sql | undefined,
): Promise<readonly StructureObject[]> {
  const all = kinds.map(
    (kind, place) =>
      sql`SELECT ${trusted(String(place))}, name::text, definition, flaw FROM (${tableObjects[kind](trusted(table.oid))}) AS o`,
  );
  const found = await connection.query<ObjectRow>(
    sql`SELECT * FROM (${joined(all, " UNION ALL ")}) AS a (place, name, definition, flaw) ORDER BY place, name COLLATE "C"`,
  );
  const objects = found.flatMap(({ place, name, definition, flaw }) => {
    const kind = kinds[Number(place)];
    return kind === undefined ? [] : [{ kind, name, definition, ...(flaw === null ? {} : { flaw }) }];
  });
  return [...objects, ...(await sequenceObjects(connection, table, rows))];
}
