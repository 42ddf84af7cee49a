import { z } from "zod";
import type { Sql } from "../../model/names.js";
import { complain, object, oneOrMore, text, wholeNumber, yesNo } from "../grammar.js";
import { bind, literal, sql } from "../sql.js";
import { spoken } from "../words.js";
import { defineRule, reading } from "./rule.js";

const sign = text.superRefine((value, context) => {
  if (/^[^0-9+\-()]$/u.test(value)) return;
  complain(context, `${spoken(value)} cannot separate digits`, "write one character that is no digit and no sign");
});

const declared = object({
  decimal: sign.default("."),
  thousands: sign.optional(),
  scale: wholeNumber(0).optional(),
  round: z.enum(["half_up", "half_even", "down", "up", "refuse"]).optional(),
  negative: oneOrMore(z.enum(["leading", "trailing", "parentheses"])).default(["leading"]),
}).superRefine(({ decimal, thousands, scale, round }, context) => {
  if (decimal === thousands)
    complain(context, `decimal and thousands are both ${spoken(decimal)}`, "say which one separates what");
  if (round !== undefined && scale === undefined)
    complain(context, "round without scale", "say to how many decimals: scale: 2");
  if (scale !== undefined && scale > 1000) complain(context, `scale ${scale}`, "give at most 1000 decimals");
});

type Options = z.output<typeof declared>;

const plain: Options = { decimal: ".", negative: ["leading"] };

/**
 * `number: { decimal: ",", thousands: "." }` makes plain decimal text of a number, all its digits; `number: true` reads
 * plain numbers. Digits stay text on the way, so any number of them is exact. NULL stays NULL.
 */
export const number = defineRule({
  kind: "number",
  schema: z.union([yesNo.transform((on) => on && plain), declared]),
  effect: "translates",
  type: "number",
  otherwiseFault: (value) =>
    value === null || /^-?\d+(?:\.\d+)?$/.test(value)
      ? undefined
      : "otherwise is no number as the rule writes them (-1234.5)",
  describe: (given) => {
    const { decimal, thousands, scale, round } = given || plain;
    const written = thousands === undefined ? "" : `, ${spoken(thousands)} between thousands`;
    const kept = scale === undefined ? "" : `, with ${scale} decimals (${roundingText[round ?? "refuse"]})`;
    return `read as a number with ${spoken(decimal)} before the decimals${written}${kept}`;
  },
  compile: (given, context) => {
    const options = given || plain;
    const read = numberText(context.previous, options);
    return reading(read, context, `${context.column} is not a number ${conventionText(options)}`);
  },
});

const roundingText = {
  half_up: "halves away from zero",
  half_even: "halves to the even digit",
  down: "more are cut off",
  up: "more are rounded away from zero",
  refuse: "more are refused",
} as const;

function conventionText({ decimal, thousands, scale, round = "refuse" }: Options): string {
  const example = thousands === undefined ? `1234${decimal}5` : `1${thousands}234${decimal}5`;
  return `written like ${example}${scale !== undefined && round === "refuse" ? ` with at most ${scale} decimals` : ""}`;
}

function numberText(previous: Sql, options: Options): Sql {
  const { decimal, thousands = "", scale } = options;
  // The point instead of the decimal sign, and nothing instead of all other signs.
  const digits = sql`translate(${previous}, ${literal(`${decimal}${thousands}+-()`)}, '.')`;
  const unsigned = sql`regexp_replace('0' || ${digits}, '^0+([0-9])', '\\1')`;
  const size = scale === undefined ? unsigned : bind("size", unsigned, (size) => scaled(size, scale, options.round));
  const isNegative = sql`regexp_matches(${previous}, '[-(]')`;
  const signed = bind(
    "rounded",
    size,
    (size) => sql`CASE WHEN ${isNegative} AND regexp_matches(${size}, '[1-9]') THEN '-' || ${size} ELSE ${size} END`,
  );
  return sql`CASE WHEN regexp_full_match(${previous}, ${literal(shapeOf(options))}) THEN ${signed} END`;
}

function shapeOf({ decimal, thousands, negative }: Options): string {
  const [point, comma] = [decimal, thousands ?? ""].map((sign) =>
    sign === "" ? "" : `\\x{${sign.codePointAt(0)?.toString(16)}}`,
  );
  const whole = comma === "" ? "[0-9]+" : `(?:[0-9]{1,3}(?:${comma}[0-9]{3})+|[0-9]+)`;
  const size = `(?:${whole}(?:${point}[0-9]+)?|${point}[0-9]+)`;
  const signs = { leading: `[+-]?${size}`, trailing: `${size}-?`, parentheses: `${size}|\\(${size}\\)` };
  return negative.map((where) => signs[where]).join("|");
}

/** A number without sign as text with exactly `scale` decimals; NULL where that would lose digits nobody gave up. */
function scaled(size: Sql, scale: number, round: Options["round"] = "refuse"): Sql {
  const long = sql`(${size} || CASE WHEN contains(${size}, '.') THEN '' ELSE '.' END || ${literal("0".repeat(scale))})`;
  const kept = sql`regexp_extract(${long}, ${literal(scale === 0 ? "^[0-9]+" : `^[0-9]+\\.[0-9]{${scale}}`)})`;
  if (round === "down") return kept;
  const rest = literal(`${roundsUp[round](scale)}`);
  const up = round === "refuse" ? sql`NULL` : increment(kept);
  return sql`CASE WHEN regexp_matches(${size}, ${rest}) THEN ${up} ELSE ${kept} END`;
}

/** Which digits, left over behind the last decimal, make the number before them one larger. */
const roundsUp = {
  half_up: (scale: number) => `\\.[0-9]{${scale}}[5-9]`,
  half_even: (scale: number) =>
    `\\.[0-9]{${scale}}(?:[6-9]|5[0-9]*[1-9])|${scale === 0 ? "[13579]\\." : `\\.[0-9]{${scale - 1}}[13579]`}50*$`,
  up: (scale: number) => `\\.[0-9]{${scale}}[0-9]*[1-9]`,
  refuse: (scale: number) => `\\.[0-9]{${scale}}[0-9]*[1-9]`,
} as const;

// As on paper: the last digit that is no 9 goes up, the nines behind it become 0; all nines get a 1 before them.
function increment(number: Sql): Sql {
  const cut = sql`regexp_extract(${number}, '^([0-9.]*?)([0-8]?)([9.]*)$', ['head', 'digit', 'nines'])`;
  return bind(
    "cut",
    cut,
    (
      cut,
    ) => sql`${cut}.head || CASE ${cut}.digit WHEN '' THEN '1' ELSE translate(${cut}.digit, '012345678', '123456789') END
      || replace(${cut}.nines, '9', '0')`,
  );
}
