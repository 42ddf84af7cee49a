import { callOf, type NodeFunction } from "../compiled.js";
import { complain, name, object, orNames } from "../grammar.js";
import { literal } from "../sql.js";
import { defineRule, reading } from "./rule.js";

// Codes that have a name and no numbering plan: uninhabited, of the past, of a union, or not the country's own (UK is GB).
const withoutPlan = new Set(
  "AN AQ BU BV CP CQ CS DD DG DY EA EU EZ FX GS HM HV IC NH PN QO RH SU TF TP UK UM UN VD XA XB YD YU ZR ZZ".split(" "),
);

const country = name.superRefine((value, context) => {
  if (isNamed(value) && !withoutPlan.has(value)) return;
  if (withoutPlan.has(value)) {
    const hint = "write the country whose plan it uses, in ISO 3166-1: GB for the United Kingdom";
    complain(context, `${JSON.stringify(value)} has no telephone numbers of its own`, hint);
    return;
  }
  complain(
    context,
    `${JSON.stringify(value)} is no country`,
    "write the two capital letters of ISO 3166-1, such as KE",
  );
});

/** Whether a code of two letters stands for something: one that does not is its own name. */
function isNamed(code: string): boolean {
  // Made here and not once for all: the names take 10 ms to load, of every start, and few mappings have telephone numbers.
  return /^[A-Z]{2}$/.test(code) && new Intl.DisplayNames(["en"], { type: "region" }).of(code) !== code;
}

const schema = orNames("country", object({ country }));

/**
 * `phone: KE` writes a telephone number as E.164, `+254712345678`; the country is that of numbers without one. A number
 * that its country's numbering plan does not have is a miss; NULL stays NULL. By libphonenumber, whose plans change with
 * its version: it is pinned.
 */
export const phone = defineRule({
  kind: "phone",
  schema,
  effect: "translates",
  type: "string",
  describe: (options) => `written as an international telephone number, ${options.country} where it names no country`,
  compile: (options, context) => {
    const read = callOf(e164, context.previous, literal(options.country));
    return {
      ...reading(read, context, `${context.column} is not a telephone number`),
      functions: [e164],
    };
  },
});

// Loaded where it is used: its numbering plans are 150 kB of JSON.
async function loadPhone(): Promise<(values: readonly string[]) => string | null> {
  const { parsePhoneNumberFromString, isSupportedCountry } = await import("libphonenumber-js/max");
  return ([text = "", country = ""]) => {
    if (!isSupportedCountry(country)) return null;
    const number = parsePhoneNumberFromString(text, { defaultCountry: country, extract: false });
    return number?.isValid() === true && number.ext === undefined ? number.number : null;
  };
}

const e164: NodeFunction = { name: "~phone", parameters: 2, load: loadPhone };
