import type { Sql } from "../../model/names.js";
import { complain, integer, object, wholeNumber } from "../grammar.js";
import { number, sql } from "../sql.js";
import { carrying, defineRule } from "./rule.js";

/** More characters than a value of any database holds. */
const farthest = 2_000_000_000;

const position = integer(-farthest, farthest).superRefine((value, context) => {
  if (value === 0) complain(context, "no position", "the first character is 1, the last is -1");
});

/**
 * `substring: { from: 1, length: 3 }` keeps these characters; -1 is the last one, and without length all that follow
 * are kept. Of positions that a value does not have nothing comes: the result may be shorter, or empty.
 */
export const substring = defineRule({
  kind: "substring",
  schema: object({ from: position, length: wholeNumber(1, farthest).optional() }),
  effect: "changes",
  type: "string",
  describe: ({ from, length }) => {
    const start = from > 0 ? `character ${from}` : `character ${-from} from the end`;
    return length === undefined ? `${start} and all that follow` : `${length} characters from ${start}`;
  },
  compile: ({ from, length }, { previous }) => {
    if (from > 0) return carrying(cut(previous, number(from), length === undefined ? undefined : number(length)));
    const start = sql`length(${previous}) + ${number(from + 1)}`;
    const within = length === undefined ? undefined : sql`greatest(${number(length)} + least(${start} - 1, 0), 0)`;
    return carrying(cut(previous, sql`greatest(${start}, 1)`, within));
  },
});

// Given a position before the first character, DuckDB's own substring() counts otherwise in ASCII than in other text.
function cut(value: Sql, from: Sql, length: Sql | undefined): Sql {
  return length === undefined ? sql`substring(${value}, ${from})` : sql`substring(${value}, ${from}, ${length})`;
}
