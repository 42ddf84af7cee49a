import type { ParentReference } from "../../rejects-port.js";
import type { LoadRequest } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { identifier, literal, sql, trusted } from "../identifiers.js";
import { buildMemory, putBackKeys, putKeysOnto } from "./definitions.js";

/**
 * Throws what the database has against the rows of a table, inside the transaction that wrote them: unique constraints
 * and foreign keys stand again afterwards, but for those to tables whose turn has not come yet.
 */
export async function assertKeysHold(connection: Connection, table: FoundTable, request: LoadRequest): Promise<void> {
  // With checks outstanding, the table could not be altered.
  await connection.execute(sql`SET CONSTRAINTS ALL IMMEDIATE`);
  await connection.execute(buildMemory);
  const putBack = await putBackKeys(connection, request.migration, table.qualifiedName);
  const early = (await keysToLater(connection, table, request)).filter(({ name }) =>
    putBack.some((one) => one.kind === "foreign key" && one.name === name),
  );
  await dropKeys(connection, table, early);
  for (const { name, validate } of putBack)
    if (validate !== null && !early.some((one) => one.name === name)) await connection.execute(trusted(validate));
}

/** Makes an empty table refuse each row at once, but for its foreign keys to itself: those it drops, and gives. */
export async function enforceKeys(
  connection: Connection,
  table: FoundTable,
  request: LoadRequest,
): Promise<readonly ParentReference[]> {
  await putBackKeys(connection, request.migration, table.qualifiedName);
  await dropKeys(connection, table, await keysToLater(connection, table, request));
  const own = (await foreignKeysOf(connection, table)).filter(({ parent }) => parent === table.oid);
  await dropKeys(connection, table, own);
  await connection.execute(sql`SET CONSTRAINTS ALL IMMEDIATE`);
  return own.map((key) => referenceOf(request, key));
}

interface Twins {
  readonly live: FoundTable;
  /** The empty table that is made like it. */
  readonly next: FoundTable;
}

/** The same for a table made like another one: it gets that one's foreign keys. */
export async function enforceKeysOf(
  connection: Connection,
  { live, next }: Twins,
  request: LoadRequest,
): Promise<readonly ParentReference[]> {
  const own: ParentReference[] = [];
  const goal = { migration: request.migration, table: live.qualifiedName, onto: next.sql };
  await putKeysOnto(connection, goal, async (name) => {
    const key = (await foreignKeysOf(connection, next)).find((one) => one.name === name);
    if (key?.parent === live.oid) own.push(referenceOf(request, key));
    const early = await keysToLater(connection, next, request);
    return key?.parent !== live.oid && !early.some((one) => one.name === name);
  });
  await connection.execute(sql`SET CONSTRAINTS ALL IMMEDIATE`);
  return own;
}

function referenceOf({ table }: LoadRequest, { columns, parent_columns }: ForeignKey): ParentReference {
  return {
    columns: JSON.parse(columns) as readonly string[],
    parent: table,
    parentColumns: JSON.parse(parent_columns) as readonly string[],
  };
}

interface ForeignKey {
  readonly name: string;
  /** The oid of the table it refers to. */
  readonly parent: string;
  readonly columns: string;
  readonly parent_columns: string;
}

async function foreignKeysOf(connection: Connection, { oid }: FoundTable): Promise<readonly ForeignKey[]> {
  const names = (numbers: "conkey" | "confkey", of: "conrelid" | "confrelid") => sql`(
    SELECT json_agg(a.attname ORDER BY n.place) FROM unnest(k.${trusted(numbers)}) WITH ORDINALITY AS n (number, place)
    JOIN pg_attribute a ON a.attrelid = k.${trusted(of)} AND a.attnum = n.number)`;
  return await connection.query<ForeignKey>(sql`
    SELECT conname AS name, confrelid AS parent, ${names("conkey", "conrelid")} AS columns,
      ${names("confkey", "confrelid")} AS parent_columns
    FROM pg_constraint k WHERE conrelid = ${literal(oid)} AND contype = 'f' AND conparentid = 0 ORDER BY conname COLLATE "C"`);
}

async function keysToLater(
  connection: Connection,
  table: FoundTable,
  { rejects }: LoadRequest,
): Promise<readonly ForeignKey[]> {
  const later = new Set<string>();
  // Reading the catalog may have left the session's path aside, by which the specification names its tables.
  await connection.execute(sql`SET LOCAL search_path TO DEFAULT`);
  for (const name of rejects.later) later.add((await findTable(connection, name)).oid);
  return (await foreignKeysOf(connection, table)).filter(({ parent }) => later.has(parent));
}

async function dropKeys(connection: Connection, table: FoundTable, keys: readonly ForeignKey[]): Promise<void> {
  for (const { name } of keys)
    await connection.execute(sql`ALTER TABLE ${table.sql} DROP CONSTRAINT ${identifier(name)}`);
}
