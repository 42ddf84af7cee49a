import { z } from "zod";
import type { Sql } from "../../model/names.js";
import { complain, object } from "../grammar.js";
import { bind, sql } from "../sql.js";
import { checkFormats, type Formats, isDate, iso, isTimeOfDay, longFormats, shortFormats } from "../time-format.js";
import { readFormats, readIsoOffset } from "../time-format-sql.js";
import { type Ambiguous, instantOf, offsetText, wallClock, zoneName } from "../time-zone.js";
import { listed } from "../words.js";
import { defineRule, reading } from "./rule.js";

/** Formats, and whose clock they are about. */
interface Options extends Formats {
  readonly zone?: string | undefined;
  readonly to?: string | undefined;
  readonly ambiguous?: Ambiguous;
}

const long = object({
  ...longFormats,
  zone: zoneName.optional(),
  to: z.union([z.literal("none"), zoneName]).optional(),
  ambiguous: z.enum(["earlier", "later"]).optional(),
}).superRefine((given, context) => checkFormats("timestamp", given, context));

const schema = z
  .union([...shortFormats("timestamp"), long])
  .superRefine(({ formats, zone, to, ambiguous }: Options, context) => {
    if (zone === undefined && ambiguous !== undefined)
      complain(context, "ambiguous without zone", "add the zone whose clock it is about");
    if (zone !== undefined || to === "none" || formats.includes(iso)) return;
    complain(context, "no zone, and no format that has one", "say where the clock stood: { formats: […], zone: UTC }");
  });

/**
 * `timestamp: { formats: [DD/MM/YYYY HH:mm, iso], zone: Africa/Nairobi }` reads a day and time on the clock of a zone
 * and writes it in UTC, as PostgreSQL does; `to: none` leaves the zone out. NULL stays NULL. A time that the zone
 * skips, or has twice, is a miss unless `ambiguous` says which one is meant.
 */
export const timestamp = defineRule({
  kind: "timestamp",
  schema,
  effect: "translates",
  type: "datetime",
  otherwiseFault: (value, { to }: Options) => {
    const offset = to === "none" ? "" : "+00";
    return value === null || isTimestamp(value, offset === "" ? /^$/ : /^[+-](?:0\d|1[0-5])(?::[0-5]\d){0,2}$/)
      ? undefined
      : `otherwise is no timestamp as the rule writes them (2024-02-29 21:00:00${offset})`;
  },
  describe: ({ formats, zone, to }: Options) =>
    `read as a day and time ${listed(formats, "or")}${zone === undefined ? "" : ` in ${zone}`}, written ${
      to === "none" ? "without a zone" : `in ${to ?? "UTC"}`
    }`,
  compile: (options: Options, context) => {
    const read = timestampText(context.previous, options);
    return reading(
      read,
      context,
      `${context.column} is not a timestamp in the format ${listed(options.formats, "or")}${zoneReason(options)}`,
    );
  },
});

function isTimestamp(value: string, offset: RegExp): boolean {
  const [, day = "", clock = "", rest = ""] = /^(\S{10}) ([\d:]{8}(?:\.\d{1,6})?)(.*)$/.exec(value) ?? [];
  return isDate(day) && isTimeOfDay(clock) && offset.test(rest);
}

function zoneReason({ zone, to, ambiguous }: Options): string {
  if (zone === undefined) return to === "none" ? "" : " with an offset";
  return ambiguous === undefined && to !== "none" ? `, or ${zone} skips that time or has it twice` : "";
}

function timestampText(previous: Sql, options: Options): Sql {
  const { formats, zone, to = "UTC", ambiguous } = options;
  const local = readFormats("timestamp", previous, options);
  const offset = formats.includes(iso) ? readIsoOffset(previous) : sql`CAST(NULL AS TIMESTAMP)`;
  if (to === "none") {
    const shown = zone === undefined ? local : sql`coalesce(${local}, ${wallClock(offset, zone)})`;
    return bind("shown", shown, (shown) => inRange(shown, sql`CAST(${shown} AS VARCHAR)`));
  }
  const instant = zone === undefined ? offset : sql`coalesce(${instantOf(local, zone, ambiguous)}, ${offset})`;
  return bind("instant", instant, (instant) =>
    bind("shown", to === "UTC" ? instant : wallClock(instant, to), (shown) =>
      inRange(shown, sql`CAST(${shown} AS VARCHAR) || ${to === "UTC" ? sql`'+00'` : offsetText(shown, instant)}`),
    ),
  );
}

/** A zone may carry a day out of the years that have four digits, where text is written in other ways. */
function inRange(shown: Sql, text: Sql): Sql {
  return sql`CASE WHEN ${shown} >= TIMESTAMP '0001-01-01' AND ${shown} < TIMESTAMP '9999-12-31' + INTERVAL 1 DAY THEN ${text} END`;
}
