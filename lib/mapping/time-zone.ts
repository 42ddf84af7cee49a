import type { Sql } from "../model/names.js";
import { nearest } from "../model/nearest.js";
import { complain, name } from "./grammar.js";
import { bind, literal, sql } from "./sql.js";

/** What becomes of a local time that a zone skips or has twice. */
export type Ambiguous = "earlier" | "later" | undefined;

/** A zone of the tz database by its name, or an offset as `+03:00`. */
export const zoneName = name.superRefine((value, context) => {
  if (isOffset(value) || isZone(value)) return;
  const meant = nearest(value, Intl.supportedValuesOf("timeZone"));
  complain(
    context,
    `there is no time zone ${JSON.stringify(value)}`,
    meant === undefined
      ? "write a name of the tz database, or an offset: Africa/Nairobi, +03:00"
      : `did you mean ${meant}?`,
  );
});

const isOffset = (zone: string): boolean => /^[+-](?:0\d|1[0-5]):[0-5]\d$/.test(zone);

function isZone(zone: string): boolean {
  try {
    // Names of the tz database only: runtimes differ in the offsets they take for names.
    return /^[A-Za-z]/.test(zone) && new Intl.DateTimeFormat("en", { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

/** The wall clock of a zone at an instant; both are TIMESTAMPs, the instant that of UTC. */
export function wallClock(instant: Sql, zone: string): Sql {
  if (isOffset(zone)) return sql`(${instant} + ${offsetOf(zone)})`;
  return sql`timezone(${literal(zone)}, make_timestamptz(epoch_us(${instant})))`;
}

/**
 * The instant at which a zone's clock shows a time. Offsets a day before and a day after are those between which a
 * clock may have been moved: where both agree there is no doubt, else each is tried. The way Temporal finds them.
 */
export function instantOf(wall: Sql, zone: string, ambiguous: Ambiguous): Sql {
  if (isOffset(zone)) return sql`(${wall} - ${offsetOf(zone)})`;
  return bind("wall", wall, (local) => {
    const by = (day: Sql): Sql => sql`${local} - (${wallClock(day, zone)} - ${day})`;
    const before = by(sql`(${local} - INTERVAL 1 DAY)`);
    const after = by(sql`(${local} + INTERVAL 1 DAY)`);
    return bind("instants", sql`{'a': ${before}, 'b': ${after}}`, (instants) => {
      const [a, b] = [sql`${instants}.a`, sql`${instants}.b`];
      const shows = (instant: Sql): Sql => sql`(${wallClock(instant, zone)} = ${local})`;
      return sql`CASE WHEN ${a} = ${b} THEN ${a}
        WHEN ${shows(a)} = ${shows(b)} THEN ${chosen(a, b, ambiguous)}
        WHEN ${shows(a)} THEN ${a} ELSE ${b} END`;
    });
  });
}

function chosen(a: Sql, b: Sql, ambiguous: Ambiguous): Sql {
  if (ambiguous === undefined) return sql`NULL`;
  return ambiguous === "earlier" ? sql`least(${a}, ${b})` : sql`greatest(${a}, ${b})`;
}

/** A zone's offset from UTC, as PostgreSQL writes it: `+03`, `+05:30`, `+02:27:16`. */
export function offsetText(wall: Sql, instant: Sql): Sql {
  return bind("offset", sql`CAST(epoch(${wall}) - epoch(${instant}) AS BIGINT)`, (seconds) => {
    const two = (number: Sql): Sql => sql`lpad(CAST(${number} AS VARCHAR), 2, '0')`;
    const size = sql`abs(${seconds})`;
    return sql`CASE WHEN ${seconds} < 0 THEN '-' ELSE '+' END || ${two(sql`${size} // 3600`)}
      || CASE WHEN ${size} % 3600 = 0 THEN '' ELSE ':' || ${two(sql`${size} // 60 % 60`)} END
      || CASE WHEN ${size} % 60 = 0 THEN '' ELSE ':' || ${two(sql`${size} % 60`)} END`;
  });
}

function offsetOf(zone: string): Sql {
  return sql`CAST(${literal(zone.replace(/^\+/, ""))} AS INTERVAL)`;
}
