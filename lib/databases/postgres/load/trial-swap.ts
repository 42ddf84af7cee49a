import type { Trial } from "../../refused-rows.js";
import type { LoadRequest } from "../../target-port.js";
import { findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { copyPart } from "../copy-part.js";
import { parseQualified, qualified, sql } from "../identifiers.js";
import { enforceKeysOf } from "./enforced-keys.js";
import { nextTable } from "./kept-tables.js";
import { indexesOf, type NextIndex } from "./next-indexes.js";
import { createNextTable } from "./next-table.js";
import { forgetOpen } from "./open-generation.js";

/** Tries rows in a table made like the one that is to be replaced, which readers and writers go on using. */
export async function trialSwap(connection: Connection, request: LoadRequest): Promise<Trial> {
  const live = await findTable(connection, request.table);
  const kept = nextTable(live.qualifiedName);
  const goal = { sql: qualified(kept), name: request.table, columns: request.columns };
  const names = [[parseQualified(kept).name, parseQualified(live.qualifiedName).name]];
  return {
    table: goal.sql,
    begin: async () => {
      const indexes = (await indexesOf(connection, live)).filter(canRefuse);
      // The longest first: next_…_1 is the beginning of next_…_10, and next_… that of all.
      names.unshift(...indexes.map(({ nextName, name }) => [nextName, name]).reverse());
      await forgetOpen(connection, live.qualifiedName);
      await createNextTable(connection, live);
      for (const { build, finish } of indexes) for (const step of [...build, ...finish]) await connection.execute(step);
      // What made the table was said with every schema; what CHECKs call may rely on the role's own path.
      await connection.execute(sql`SET LOCAL search_path TO DEFAULT`);
      return await enforceKeysOf(connection, { live, next: await findTable(connection, kept) }, request);
    },
    take: (rows) => copyPart(connection, goal, rows),
    named: (words) => names.reduce((text, [from = "", to = ""]) => text.replaceAll(from, to), words),
  };
}

function canRefuse({ constraint, build }: NextIndex): boolean {
  return constraint || build.some((step) => step.startsWith("CREATE UNIQUE"));
}
