import type { Sql } from "../../model/names.js";
import { type ColumnType, readColumnType } from "../column-type.js";
import { complain, text } from "../grammar.js";
import { join, literal, sql } from "../sql.js";
import { surelyFits } from "../sure-fits.js";
import { type Misfit, misfitsOf } from "../type-checks.js";
import { defineRule, type RuleContext } from "./rule.js";

const typeName = text.superRefine((value, context) => {
  const type = readColumnType(value);
  if ("hint" in type) complain(context, type.text, type.hint);
  else if (type.hasDefault) complain(context, "default belongs into schema/target.yaml", "leave default out");
});

/**
 * `type: varchar(20) not null` rejects a row whose value, after all other rules, would not fit the target's column: by
 * type, length, scale, range or NULL. It changes no value. The empty text is not NULL.
 */
export const type = defineRule({
  kind: "type",
  schema: typeName,
  effect: "keeps",
  type: "same",
  describe: (written) => `fits ${written}`,
  compile: (written, context) => {
    const { column, previous } = context;
    const type = parsed(written);
    const misfits = isMade(type, context) ? [] : misfitsOf(previous, type);
    const isNull = sql`${previous} IS NULL`;
    const any = misfits.length === 0 ? [] : [anyOf(misfits, surelyFits(previous, type))];
    const isNullText = `${column} is NULL, and the target's column is not null`;
    const all = type.isNullable ? any : [isNull, ...any];
    return {
      value: previous,
      miss: all.length === 0 ? undefined : sql`(${join(all, " OR ")})`,
      reason: isNullText,
      ...(misfits.length === 0 ? {} : { reasonSql: reasonOf(column, misfits, isNullText) }),
      join: undefined,
    };
  },
});

// A CASE, as DuckDB computes both sides of an OR for every row.
function anyOf(misfits: readonly Misfit[], sure: Sql | undefined): Sql {
  const any = join(
    misfits.map(({ when }): Sql => sql`coalesce(${when}, false)`),
    " OR ",
  );
  return sure === undefined ? any : sql`CASE WHEN ${sure} THEN false ELSE ${any} END`;
}

/** The first misfit that is true of the value; where none is, it is NULL. */
function reasonOf(column: string, misfits: readonly Misfit[], otherwise: string): Sql {
  const cases = misfits.map(({ when, text }) => sql`WHEN ${when} THEN ${literal(`${column} ${text}`)}`);
  return sql`CASE ${join(cases, " ")} ELSE ${literal(otherwise)} END`;
}

function parsed(written: string): ColumnType {
  const type = readColumnType(written);
  if ("hint" in type) throw new TypeError(type.text);
  return type;
}

/** Whether a rule before has made every value what the type asks for: nothing has to be looked at again. */
function isMade({ kind }: ColumnType, { made }: RuleContext): boolean {
  switch (kind.kind) {
    case "boolean":
    case "date":
    case "uuid":
      return made === kind.kind;
    case "time":
      return made === "time" && kind.digits === 6;
    case "timestamp":
      return made === "datetime" && kind.digits === 6 && kind.hasZone;
    default:
      return false;
  }
}
