import { z } from "zod";
import { object } from "../grammar.js";
import { sql } from "../sql.js";
import { checkFormats, isDate, longFormats, shortFormats } from "../time-format.js";
import { readFormats } from "../time-format-sql.js";
import { listed } from "../words.js";
import { defineRule, reading } from "./rule.js";

const schema = z.union([
  ...shortFormats("date"),
  object(longFormats).superRefine((given, context) => checkFormats("date", given, context)),
]);

/**
 * `date: DD/MM/YYYY` reads a date of exactly that shape and writes it as ISO 8601; of a list of formats the first that
 * fits. A day that no calendar has, a missing zero, a blank text are misses; NULL stays NULL.
 */
export const date = defineRule({
  kind: "date",
  schema,
  effect: "translates",
  type: "date",
  otherwiseFault: (value) =>
    value === null || isDate(value) ? undefined : `otherwise is no date as the rule writes them (2024-02-29)`,
  describe: ({ formats, ...given }) => `read as a date ${listed(formats, "or")}${centuryText(given)}`,
  compile: (options, context) => {
    const read = sql`CAST(CAST(${readFormats("date", context.previous, options)} AS DATE) AS VARCHAR)`;
    return reading(read, context, `${context.column} is not a date in the format ${listed(options.formats, "or")}`);
  },
});

function centuryText({ century_from: first }: { readonly century_from?: number | undefined }): string {
  return first === undefined ? "" : `, two digits meaning a year from ${first} to ${first + 99}`;
}
