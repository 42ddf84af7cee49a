import { pipeline } from "node:stream/promises";
import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import type { PartToLoad } from "../target-port.js";
import type { Connection } from "./connection.js";
import { identifiers, sql } from "./identifiers.js";

/** Where a part goes: the table in quotes, its name as the specification writes it, and the columns the part holds. */
export interface CopyGoal {
  readonly sql: Sql;
  readonly name: string;
  readonly columns: readonly string[];
  /** Rows arrive frozen; only for a table that this very transaction emptied. */
  readonly freeze?: boolean;
}

/** Copies one part into a table, inside the caller's transaction. Throws unless the server counts what was promised. */
export async function copyPart(connection: Connection, goal: CopyGoal, part: PartToLoad): Promise<void> {
  const freeze = goal.freeze ? sql`, FREEZE` : sql``;
  const source = await part.open();
  const copy = connection.copyFrom(
    sql`COPY ${goal.sql} (${identifiers(goal.columns)}) FROM STDIN (FORMAT csv, NULL '\\N', ENCODING 'UTF8'${freeze})`,
  );
  await pipeline(source, copy).catch((error: unknown) => {
    throw placed(error, `${goal.name}, ${part.name}`);
  });
  if (copy.rowCount === part.rowCount) return;
  throw new StageError(
    "integrity",
    `${goal.name}: the manifest promises ${part.rowCount} rows in ${part.name}, the target took ${copy.rowCount}; nothing was kept`,
    `a trigger may hold rows back; else run transform again: waybill transform ${goal.name} --force`,
  );
}

function placed(error: unknown, place: string): unknown {
  if (!(error instanceof StageError)) return error;
  return new StageError(error.kind, `${place}: ${error.message}`, error.hint, error.cause);
}
