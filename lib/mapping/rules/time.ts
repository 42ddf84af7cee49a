import { z } from "zod";
import { object } from "../grammar.js";
import { sql } from "../sql.js";
import { checkFormats, isTimeOfDay, longFormats, shortFormats } from "../time-format.js";
import { readFormats } from "../time-format-sql.js";
import { listed } from "../words.js";
import { defineRule, reading } from "./rule.js";

const schema = z.union([
  ...shortFormats("time"),
  object({ formats: longFormats.formats }).superRefine((given, context) => checkFormats("time", given, context)),
]);

/**
 * `time: HH:mm` or `time: [HH:mm:ss, h:mm A]` reads a time of day of exactly such a shape and writes it as `21:05:00`.
 * 24:00 and a 61st second are misses; NULL stays NULL.
 */
export const time = defineRule({
  kind: "time",
  schema,
  effect: "translates",
  type: "time",
  otherwiseFault: (value) =>
    value === null || isTimeOfDay(value) ? undefined : "otherwise is no time as the rule writes them (21:05:00)",
  describe: ({ formats }) => `read as a time of day ${listed(formats, "or")}`,
  compile: (options, context) => {
    const read = sql`CAST(CAST(${readFormats("time", context.previous, options)} AS TIME) AS VARCHAR)`;
    return reading(read, context, `${context.column} is not a time in the format ${listed(options.formats, "or")}`);
  },
});
