import { tableOf } from "../mapping/per-extract.js";
import { parenthesised, sql } from "../mapping/sql.js";
import { StageError } from "../model/errors.js";
import type { Resource } from "../model/manifest.js";
import type { EngineConnection } from "./duckdb.js";
import { readRows } from "./mapped-sql.js";
import { ownSql } from "./own-sql.js";
import type { MappingPlan } from "./plan-mapping.js";

/** A part whose mapping failed, and how. */
export interface FailedPart {
  readonly folder: string;
  readonly part: Resource;
  readonly error: unknown;
}

/** Throws the error with the name of the rule whose SQL it is: each is tried alone on the part that failed. */
export async function blameRule(connection: EngineConnection, plan: MappingPlan, failed: FailedPart): Promise<never> {
  const { folder, part, error } = failed;
  if (!(error instanceof StageError) || error.kind !== "specification") throw error;
  for (const { rule, expression } of ownSql(tableOf(plan.table, plan.extract))) {
    const alone = sql`SELECT count(${parenthesised(expression)}) FROM ${readRows(plan, folder, part)}`;
    const fails = await connection.rows(alone).then(
      () => false,
      () => true,
    );
    if (!fails) continue;
    const message = `${plan.table.file}: ${rule}, at ${part.path}: ${error.message}`;
    throw new StageError(error.kind, message, error.hint, error);
  }
  throw error;
}
