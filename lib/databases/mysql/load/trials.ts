// What holds of rows that are tried one by one:
// 1. They are tried in the live table, in a transaction that is rolled back: readers see the rows that were there, and
//    whoever would write waits.
// 2. Foreign keys are looked at when all rows are there: MySQL would judge each row by itself.
import { join, sql } from "../../../mapping/sql.js";
import type { EnforcedReference, Trial } from "../../refused-rows.js";
import type { LoadRequest } from "../../target-port.js";
import { columnsOf, type FoundTable, findTable } from "../catalog.js";
import { identifier, identifiers } from "../identifiers.js";
import { loadPart } from "./load-part.js";
import { sameKey } from "./merge-key.js";
import { noParent, ownKeys } from "./own-keys.js";
import { createSessionTable } from "./own-tables.js";
import type { TargetConnection } from "./target-connection.js";

/** Tries rows in the table itself, emptied: for a load that replaces it. */
export async function trialReplace(connection: TargetConnection, request: LoadRequest): Promise<Trial> {
  const table = await findTable(connection, request.table);
  const columns = await columnsFor(connection, table, request);
  const goal = { sql: table.sql, name: request.table, columns };
  return {
    ...trialOf(connection, table),
    take: (rows) => loadPart(connection, goal, rows),
    begin: async () => {
      const references = await begun(connection, table, request);
      await connection.execute(sql`DELETE FROM ${table.sql}`);
      return references;
    },
  };
}

const batch = identifier("waybill_tried");

/**
 * Tries rows by merging them into the table itself. What merging refuses by itself (keys that repeat or are there already)
 * passes here: no database refused it, and the load that follows says it.
 */
export async function trialMerge(connection: TargetConnection, request: LoadRequest): Promise<Trial> {
  const table = await findTable(connection, request.table);
  const { columns: names, key, mode } = request;
  const goal = { sql: batch, name: request.table, columns: await columnsFor(connection, table, request) };
  const of = sql`${batch} AS arriving`;
  const set = names.map((name) => sql`there.${identifier(name)} = arriving.${identifier(name)}`);
  const values = names.map((name) => sql`arriving.${identifier(name)}`);
  const [first = ""] = key;
  return {
    ...trialOf(connection, table),
    begin: async () => {
      await createSessionTable(connection, batch, { select: sql`SELECT ${identifiers(names)} FROM ${table.sql}` });
      return await begun(connection, table, request);
    },
    take: async (rows) => {
      await loadPart(connection, goal, rows);
      if (mode === "upsert")
        await connection.execute(
          sql`UPDATE ${of} JOIN ${table.sql} AS there ON ${sameKey(key)} SET ${join(set, ", ")}`,
        );
      await connection.execute(sql`INSERT INTO ${table.sql} (${identifiers(names)}) SELECT ${join(values, ", ")}
        FROM ${of} LEFT JOIN ${table.sql} AS there ON ${sameKey(key)} WHERE there.${identifier(first)} IS NULL
        GROUP BY ${join(
          key.map((name) => sql`arriving.${identifier(name)}`),
          ", ",
        )}`);
      await connection.execute(sql`DELETE FROM ${batch}`);
    },
  };
}

async function columnsFor(connection: TargetConnection, { place }: FoundTable, { columns }: LoadRequest) {
  const known = await columnsOf(connection, place);
  return columns.flatMap((name) => known.filter((column) => column.name === name));
}

function trialOf(connection: TargetConnection, table: FoundTable): Pick<Trial, "table" | "end"> {
  return {
    table: table.sql,
    end: async () => void (await connection.execute(sql`SET SESSION foreign_key_checks = 1`).catch(() => undefined)),
  };
}

async function begun(
  connection: TargetConnection,
  table: FoundTable,
  request: LoadRequest,
): Promise<readonly EnforcedReference[]> {
  await connection.execute(sql`SET SESSION foreign_key_checks = 0`);
  const keys = await ownKeys(connection, table, request);
  return keys.map(({ name, columns, parent, parentColumns }) => {
    const reference = { columns, parent, parentColumns };
    // Of the table itself a parent is missing because it was put aside, or never came: either way with its children.
    const isOwn = parent === table.qualifiedName;
    return isOwn ? reference : { ...reference, broken: { constraint: name, code: String(noParent) } };
  });
}
