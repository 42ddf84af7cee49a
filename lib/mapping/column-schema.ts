import { z } from "zod";
import { complain, datum, name, object, text, yesNo } from "./grammar.js";
import type { Otherwise } from "./migration.js";
import { allOrigins } from "./origins/all-origins.js";
import type { OriginDefinition } from "./origins/origin.js";
import { allRules } from "./rules/all-rules.js";
import type { RuleDefinition } from "./rules/rule.js";

/** `otherwise: VALUE` or `otherwise: reject`; `otherwise: { value: reject }` means that very word. */
const otherwise = z.union([
  datum.transform((value): Otherwise => (value === "reject" ? { kind: "reject" } : { kind: "value", value })),
  object({ value: datum }).transform(({ value }): Otherwise => ({ kind: "value", value })),
]);

const words: Record<string, z.ZodType> = Object.fromEntries(
  [...allOrigins, ...allRules].map(({ kind, schema }) => [kind, schema.optional()]),
);

const column = object({
  ...words,
  otherwise: otherwise.optional(),
  flag: name.optional(),
  because: text.optional(),
  pii: yesNo.default(false),
})
  .transform(
    ({ otherwise, flag, because, pii, ...rest }): ParsedColumn => ({ otherwise, flag, because, pii, words: rest }),
  )
  .superRefine((parsed, context) => {
    for (const { text, hint } of columnFaults(parsed)) complain(context, text, hint);
  });

/** What may stand behind a target column's name: a map of one origin and any rules, or the name of a source column. */
export const columnSchema = z.preprocess(
  (value) => (typeof value === "string" ? new Map([["from", value]]) : value),
  column,
);

/** A column as its schema read it; `words` holds what stands behind each origin's and each rule's key. */
export interface ParsedColumn {
  readonly words: Readonly<Record<string, unknown>>;
  readonly otherwise: Otherwise | undefined;
  readonly flag: string | undefined;
  readonly because: string | undefined;
  readonly pii: boolean;
}

/** The origins a column names; none means the source column of the same name. */
export const originsOf = ({ words }: ParsedColumn): readonly OriginDefinition[] =>
  allOrigins.filter(({ kind }) => words[kind] !== undefined);

/** The rules a column names, in the order in which they are applied. `trim: false` is no rule. */
export const rulesOf = ({ words }: ParsedColumn): readonly RuleDefinition[] =>
  allRules.filter(({ kind }) => words[kind] !== undefined && words[kind] !== false);

interface Fault {
  readonly text: string;
  readonly hint: string;
}

function columnFaults(parsed: ParsedColumn): readonly Fault[] {
  const origins = originsOf(parsed).map(({ kind }) => kind);
  const rules = rulesOf(parsed).map(({ kind }) => kind);
  const faults: Fault[] = [];
  if (origins.length > 1)
    faults.push({ text: `both ${origins.join(" and ")}`, hint: "a column has one origin: keep one" });
  if (originsOf(parsed).some(({ takesRules }) => !takesRules) && (rules.length > 0 || parsed.otherwise !== undefined)) {
    faults.push({ text: `rules after ${origins.join()}`, hint: `leave ${rules.join(", ")} out` });
  }
  return [...faults, ...otherwiseFaults(parsed)];
}

function otherwiseFaults(parsed: ParsedColumn): readonly Fault[] {
  const translating = rulesOf(parsed).filter(({ effect }) => effect === "translates");
  const [rule, second] = translating;
  if (second !== undefined) {
    const kinds = translating.map(({ kind }) => kind).join(" and ");
    return [{ text: `both ${kinds}`, hint: "a column has one date, map or lookup: keep one" }];
  }
  const given = parsed.otherwise;
  if (rule === undefined) {
    if (given === undefined && parsed.flag === undefined) return [];
    const word = given === undefined ? "flag" : "otherwise";
    return [{ text: `${word} without a date, map or lookup`, hint: `add the rule, or leave ${word} out` }];
  }
  if (given?.kind !== "value") {
    return parsed.flag === undefined
      ? []
      : [{ text: "flag without otherwise: VALUE", hint: "a rejected row is not written, so it cannot be flagged" }];
  }
  const fault = rule.otherwiseFault(given.value);
  return fault === undefined ? [] : [{ text: fault, hint: "write null, a value of that kind, or reject" }];
}
