import type { OpenOptions } from "../../open-target.js";
import type { Changes, LoadOf, RollbackTarget } from "../../rollback-port.js";
import { describeTable, findTable, identityOf } from "../catalog.js";
import { type Connection, connect } from "../connection.js";
import { afterLoad } from "../load/after-load.js";
import { restoreDefinitions } from "../load/restore-definitions.js";
import { lockAgainstOthers } from "../load/table-lock.js";
import { changesOfReplaced } from "./changes.js";
import { lastLoad } from "./last-load.js";
import { takeBack } from "./take-back.js";

/** A PostgreSQL target whose loads are to be taken back. */
export async function openPostgresRollback(url: string, options: OpenOptions): Promise<RollbackTarget> {
  const connection = await connect(url, { lockTimeoutMs: 60_000, ...options });
  const resolve = async (table: string) => (await findTable(connection, table)).qualifiedName;
  return {
    identity: await identityOf(connection),
    primaryKey: async (table) => (await describeTable(connection, table)).primaryKey,
    lock: async (migration, names) => {
      const tables: string[] = [];
      for (const name of names) tables.push(await resolve(name));
      await lockAgainstOthers(connection, { migration, tables });
    },
    lastLoad: async (of) => await lastLoad(connection, { ...of, table: await resolve(of.table) }),
    changesSince: (of, naming) => changesSince(connection, of, naming),
    takeBack: (requests) => takeBack(connection, requests),
    restore: (migration) => restoreDefinitions(connection, migration),
    afterTakingBack: async (tables) => {
      for (const table of tables) await afterLoad(connection, table);
    },
    close: () => connection.close(),
  };
}

async function changesSince(
  connection: Connection,
  of: LoadOf,
  naming: readonly string[],
): Promise<Changes | undefined> {
  const found = await findTable(connection, of.table);
  const table = found.qualifiedName;
  const last = await lastLoad(connection, { ...of, table });
  if (last.kind !== "there" || last.undo === undefined || last.undo.kind === "images") return undefined;
  const { columns } = await describeTable(connection, table);
  const key = { migration: of.migration, table, generation: last.generation.name };
  return await changesOfReplaced(connection, { key, found, generation: last.generation, columns, naming });
}
