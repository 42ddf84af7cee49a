import type { OpenOptions } from "../../open-target.js";
import type { Changes, LoadOf, RollbackTarget } from "../../rollback-port.js";
import { columnsOf, findTable, identityOf } from "../catalog.js";
import { describeTable } from "../describe-table.js";
import { analyse } from "../load/after-load.js";
import { restoreDefinitions } from "../load/definitions.js";
import type { KnownUndo } from "../load/known-rows.js";
import { openSessions } from "../load/sessions.js";
import { settleSwap } from "../load/settle-swap.js";
import { lockAgainstOthers } from "../load/table-lock.js";
import type { TargetConnection } from "../load/target-connection.js";
import { lastLoad } from "./last-load.js";
import { changesOfReplaced } from "./previous-rows.js";
import { takeBack } from "./take-back.js";

/** A MySQL or MariaDB target whose loads are to be taken back. */
export async function openMysqlRollback(url: string, options: OpenOptions): Promise<RollbackTarget> {
  const { main } = await openSessions(url, options);
  const find = (table: string) => findTable(main, table);
  return {
    identity: await identityOf(main),
    primaryKey: async (table) => (await describeTable(main, await find(table))).primaryKey,
    lock: async (migration, names) => {
      const tables = [];
      for (const name of names) tables.push(await find(name));
      await lockAgainstOthers(main, { migration, tables });
      // A load that died between exchanging two tables and saying so.
      for (const table of tables) await settleSwap(main, table);
    },
    lastLoad: async (of) => await lastLoad(main, { ...of, table: (await find(of.table)).qualifiedName }),
    changesSince: (of) => changesSince(main, of),
    takeBack: (requests) => takeBack(main, requests),
    restore: (migration) => restoreDefinitions(main, migration),
    afterTakingBack: async (tables) => {
      for (const table of tables) await analyse(main, await find(table));
    },
    close: () => main.close(),
  };
}

async function changesSince(connection: TargetConnection, of: LoadOf): Promise<Changes | undefined> {
  const found = await findTable(connection, of.table);
  const last = await lastLoad(connection, { ...of, table: found.qualifiedName });
  if (last.kind !== "there" || last.undo === undefined || last.undo.kind === "images") return undefined;
  const columns = (await columnsOf(connection, found.place)).filter((column) => !column.generated);
  const previous = last.undo as KnownUndo;
  return await changesOfReplaced(connection, { found, generation: last.generation, columns, previous });
}
