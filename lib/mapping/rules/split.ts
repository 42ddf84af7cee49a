import { z } from "zod";
import type { Sql } from "../../model/names.js";
import { complain, object, text, wholeNumber } from "../grammar.js";
import { literal, number, sql } from "../sql.js";
import { spoken } from "../words.js";
import { carrying, defineRule } from "./rule.js";

const shares = ["first", "last", "rest", "all_but_last"] as const;
type Share = (typeof shares)[number] | number;

const farthest = 1_000_000;

const separator = text.superRefine((value, context) => {
  if (value === "") complain(context, "empty", 'write what stands between the parts, such as " "');
});

/**
 * `split: { by: " ", take: first }` keeps a share of the value; a part that is not there is NULL. first with rest, or
 * all_but_last with last, lose nothing and keep nothing twice.
 */
export const split = defineRule({
  kind: "split",
  schema: object({ by: separator, take: z.union([z.enum(shares), wholeNumber(1, farthest)]) }),
  effect: "changes",
  type: "string",
  describe: ({ by, take }) => `split at ${spoken(by)}, of which ${spokenShare(take)} is taken`,
  compile: ({ by, take }, { previous }) => carrying(shareOf(previous, literal(by), take)),
});

function shareOf(value: Sql, by: Sql, take: Share): Sql {
  const parts = sql`string_split(${value}, ${by})`;
  switch (take) {
    case "first":
      return sql`${parts}[1]`;
    case "last":
      return sql`${parts}[-1]`;
    case "rest":
      return sql`CASE WHEN contains(${value}, ${by}) THEN array_to_string(${parts}[2:], ${by}) END`;
    case "all_but_last":
      return sql`CASE WHEN contains(${value}, ${by}) THEN array_to_string(${parts}[:-2], ${by}) END`;
    default:
      return sql`${parts}[${number(take)}]`;
  }
}

function spokenShare(take: Share): string {
  switch (take) {
    case "first":
      return "the first part";
    case "last":
      return "the last part";
    case "rest":
      return "all after the first part";
    case "all_but_last":
      return "all before the last part";
    default:
      return `part ${take}`;
  }
}
