import type { Sql } from "../../model/names.js";
import type { StructureObject } from "../port.js";
import { type FoundTable, findTable } from "./catalog.js";
import type { Connection } from "./connection.js";
import { literal, sql, trusted } from "./identifiers.js";
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

async function everyObject(
  connection: Connection,
  table: FoundTable,
  rows: Sql | undefined,
): Promise<readonly StructureObject[]> {
  const oid = trusted(table.oid);
  const objects: StructureObject[] = [];
  for (const kind of ["column", "constraint", "foreign key", "index", "trigger"] as const)
    objects.push(...(await objectsOf(connection, kind, tableObjects[kind](oid))));
  return [...objects, ...(await sequenceObjects(connection, table, rows))];
}

async function objectsOf(
  connection: Connection,
  kind: StructureObject["kind"],
  select: Sql,
): Promise<readonly StructureObject[]> {
  const rows = await connection.query<{ name: string; definition: string; flaw: string | null }>(
    sql`SELECT name, definition, flaw FROM (${select}) AS o ORDER BY name COLLATE "C"`,
  );
  return rows.map(({ name, definition, flaw }) => ({ kind, name, definition, ...(flaw === null ? {} : { flaw }) }));
}
