import { complain, name, object, orNames, refusePattern } from "../grammar.js";
import { literal, sql } from "../sql.js";
import { collapsed, trimmed, whiteSpace } from "../white-space.js";
import { defineRule } from "./rule.js";

/** A country's postcodes: the characters without blanks and hyphens, in groups, and the groups as they are written. */
interface Shape {
  readonly pattern: string;
  readonly written: string;
}

const digits = (count: number): Shape => ({ pattern: `([0-9]{${count}})`, written: "\\1" });

// After the address formats of the Universal Postal Union (upu.int, "Addressing solutions", country sheets). A shape says
// that a code can be one, not that it was given out.
const shapes: Readonly<Record<string, Shape>> = {
  ...Object.fromEntries(["AT", "AU", "BE", "CH", "DK", "NO", "NZ", "ZA"].map((country) => [country, digits(4)])),
  ...Object.fromEntries(["DE", "ES", "FI", "FR", "IT", "KE", "MA", "MX", "TR"].map((country) => [country, digits(5)])),
  ...Object.fromEntries(["CN", "IN", "NG", "SG"].map((country) => [country, digits(6)])),
  BR: { pattern: "([0-9]{5})([0-9]{3})", written: "\\1-\\2" },
  CA: { pattern: "([A-CEGHJ-NPR-TVXY][0-9][A-CEGHJ-NPR-TV-Z])([0-9][A-CEGHJ-NPR-TV-Z][0-9])", written: "\\1 \\2" },
  CZ: { pattern: "([0-9]{3})([0-9]{2})", written: "\\1 \\2" },
  GB: { pattern: "([A-Z]{1,2}[0-9][A-Z0-9]?|GIR)([0-9][ABD-HJLNP-UW-Z]{2})", written: "\\1 \\2" },
  IE: { pattern: "([A-Z][0-9][0-9W])([A-Z0-9]{4})", written: "\\1 \\2" },
  JP: { pattern: "([0-9]{3})([0-9]{4})", written: "\\1-\\2" },
  NL: { pattern: "([1-9][0-9]{3})([A-Z]{2})", written: "\\1 \\2" },
  PL: { pattern: "([0-9]{2})([0-9]{3})", written: "\\1-\\2" },
  PT: { pattern: "([0-9]{4})([0-9]{3})", written: "\\1-\\2" },
  SE: { pattern: "([0-9]{3})([0-9]{2})", written: "\\1 \\2" },
  US: { pattern: "([0-9]{5})(?:([0-9]{4}))?", written: "\\1-\\2" },
};

const country = name.superRefine((value, context) => {
  if (shapes[value] !== undefined) return;
  const hint = `known: ${Object.keys(shapes).toSorted().join(", ")}; of any other country write { pattern: … }`;
  complain(context, `the postcodes of ${JSON.stringify(value)} are not known`, hint);
});

const pattern = name.superRefine(refusePattern);

const options = object({ country: country.optional(), pattern: pattern.optional() }).superRefine((given, context) => {
  const count = Object.values(given).filter((one) => one !== undefined).length;
  if (count !== 1)
    complain(context, count === 0 ? "neither country nor pattern" : "both country and pattern", "write one");
});

const schema = orNames("country", options);

/**
 * `postcode: GB` writes a postcode in capitals, with blanks and hyphens where that country has them: `sw1a1aa` becomes
 * `SW1A 1AA`. `postcode: { pattern: "[0-9]{4}" }` asks that the code in capitals, its runs of white space one blank,
 * match as a whole. Any other text is a miss; NULL stays NULL.
 */
export const postcode = defineRule({
  kind: "postcode",
  schema,
  effect: "translates",
  type: "string",
  describe: ({ country: of, pattern: shape }) =>
    of === undefined ? `a postcode of the form ${shape}, in capitals` : `written as a postcode of ${of}`,
  compile: ({ country: of, pattern: own }, { column, previous }) => {
    const shape = of === undefined ? undefined : shapes[of];
    const capitals = sql`upper(${previous})`;
    const bare = sql`regexp_replace(${capitals}, ${literal(`${whiteSpace}|-`)}, '', 'g')`;
    const single = trimmed(collapsed(capitals));
    const [text, fits] = shape === undefined ? [single, own ?? ""] : [bare, shape.pattern];
    // A US code without its last four digits ends with the hyphen that would have parted them.
    const value =
      shape === undefined
        ? text
        : sql`rtrim(regexp_replace(${text}, ${literal(`^(?:${fits})$`)}, ${literal(shape.written)}), '-')`;
    return {
      value,
      miss: sql`(${previous} IS NOT NULL AND NOT regexp_full_match(${text}, ${literal(fits)}))`,
      reason:
        of === undefined ? `${column} is not a postcode of the form asked for` : `${column} is not a postcode of ${of}`,
      join: undefined,
      patterns: own === undefined ? [] : [own],
    };
  },
});
