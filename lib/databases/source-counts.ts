import type { Extract } from "../mapping/migration.js";
import { sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";
import type { Selection } from "./port.js";
import {
  parenthesised,
  relation,
  type SourceDialect,
  type SourceRelation,
  selectionWhere,
  wholeRelation,
} from "./source-sql.js";

/** The rows of a question whose answer is small: each a list of texts. */
export type Ask = (statement: Sql) => Promise<readonly (readonly (string | null)[])[]>;

/** How many rows of an extract are in a selection. */
export async function countRows(ask: Ask, from: SourceRelation, selection: Selection): Promise<number> {
  const where = selectionWhere(from, selection);
  return await countOf(ask, sql`${relation(from)} AS source WHERE ${where}`);
}

/** How many rows an extract's `where` leaves out. */
export async function countLeftOut(
  ask: Ask,
  { dialect, extract }: { readonly dialect: SourceDialect; readonly extract: Extract },
): Promise<number> {
  if (extract.where === undefined) return 0;
  const whole = sql`${wholeRelation(dialect, extract)} AS whole`;
  return (await countOf(ask, whole)) - (await countOf(ask, sql`${whole} WHERE ${parenthesised(extract.where)}`));
}

async function countOf(ask: Ask, from: Sql): Promise<number> {
  const [[count] = []] = await ask(sql`SELECT count(*) FROM ${from}`);
  return Number(count);
}
