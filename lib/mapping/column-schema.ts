import { z } from "zod";
import { groupFaults } from "./column-faults.js";
import { complain, datum, name, object, ordered, sqlExpression, text, writtenAs, yesNo } from "./grammar.js";
import type { Otherwise } from "./migration.js";
import { allOrigins } from "./origins/all-origins.js";
import type { OriginDefinition } from "./origins/origin.js";
import { allRules } from "./rules/all-rules.js";
import type { RuleDefinition } from "./rules/rule.js";

/** `otherwise: VALUE`, `reject` or `keep`; `otherwise: { value: reject }` means that very word. */
const otherwise = z.union([
  datum.transform(
    (value): Otherwise => (value === "reject" || value === "keep" ? { kind: value } : { kind: "value", value }),
  ),
  object({ value: datum }).transform(({ value }): Otherwise => ({ kind: "value", value })),
]);

const wordsOf = (definitions: readonly { readonly kind: string; readonly schema: z.ZodType }[]) =>
  Object.fromEntries(definitions.map(({ kind, schema }): [string, z.ZodType] => [kind, schema.optional()]));

/** What belongs to rules and not to the column: the column itself may have it, and every item of its `rules:`. */
export const ruleShape = {
  ...wordsOf(allRules),
  otherwise: otherwise.optional(),
  flag: name.optional(),
  only_if: sqlExpression.optional(),
  because: text.optional(),
};

/** One item of `rules:`. */
const item = ordered(ruleShape, groupOf).superRefine((group, context) => {
  if (group.rules.length === 0) complain(context, "no rule", "name one, or leave the item out");
  for (const { text, hint } of groupFaults(group)) complain(context, text, hint);
});

/** Everything that may stand behind a target column's name. */
export const columnShape = {
  ...wordsOf(allOrigins),
  ...ruleShape,
  rules: z.array(item).min(1).optional(),
  pii: yesNo.default(false),
};

const column = ordered(columnShape, columnOf).superRefine((parsed, context) => {
  for (const { text, hint } of columnFaults(parsed)) complain(context, text, hint);
});

/** What may stand behind a target column's name: a map of one origin and any rules, or the name of a source column. */
export const columnSchema = writtenAs(
  z.preprocess((value) => (typeof value === "string" ? new Map([["from", value]]) : value), column),
  z.union([name, column]),
);

/** Rules that share one `otherwise`, `flag`, `only_if` and `because`, in the order in which they are written. */
export interface RuleGroup {
  readonly rules: readonly { readonly definition: RuleDefinition; readonly options: unknown }[];
  readonly otherwise: Otherwise | undefined;
  readonly flag: string | undefined;
  readonly onlyIf: string | undefined;
  readonly because: string | undefined;
}

/** A column as its schema read it. */
export interface ParsedColumn {
  readonly origins: readonly { readonly definition: OriginDefinition; readonly options: unknown }[];
  /** Those that stand on the column itself. */
  readonly own: RuleGroup;
  /** The items of `rules:`, and how many of the column's own rules stand before it. */
  readonly items: readonly RuleGroup[];
  readonly ownBeforeItems: number;
  readonly pii: boolean;
}

interface RuleFields {
  readonly otherwise?: Otherwise | undefined;
  readonly flag?: string | undefined;
  readonly only_if?: string | undefined;
  readonly because?: string | undefined;
}

// Of fields that a schema made out of the shapes above, `words` are those of the definitions.
const wordsIn = <Definition extends { readonly kind: string }>(
  definitions: readonly Definition[],
  fields: object,
  order: readonly string[],
) =>
  order.flatMap((key) => {
    const definition = definitions.find(({ kind }) => kind === key);
    const options = (fields as Readonly<Record<string, unknown>>)[key];
    // `trim: false` is no rule.
    return definition === undefined || options === undefined || options === false ? [] : [{ definition, options }];
  });

function groupOf(fields: RuleFields, order: readonly string[]): RuleGroup {
  const { otherwise, flag, only_if: onlyIf, because } = fields;
  return { rules: wordsIn(allRules, fields, order), otherwise, flag, onlyIf, because };
}

function columnOf(
  fields: RuleFields & { readonly rules?: readonly RuleGroup[] | undefined; readonly pii: boolean },
  order: readonly string[],
): ParsedColumn {
  const { rules: items = [], pii } = fields;
  const before = order.includes("rules") ? order.slice(0, order.indexOf("rules")) : order;
  return {
    origins: wordsIn(allOrigins, fields, order),
    own: groupOf(fields, order),
    items,
    ownBeforeItems: wordsIn(allRules, fields, before).length,
    pii,
  };
}

interface Fault {
  readonly text: string;
  readonly hint: string;
}

function columnFaults({ origins, own, items }: ParsedColumn): readonly Fault[] {
  const kinds = origins.map(({ definition }) => definition.kind);
  const rules = [own, ...items].flatMap((group) => group.rules.map(({ definition }) => definition.kind));
  const faults: Fault[] = [];
  if (kinds.length > 1) faults.push({ text: `both ${kinds.join(" and ")}`, hint: "a column has one origin: keep one" });
  const takesNone = origins.some(({ definition }) => !definition.takesRules);
  if (takesNone && (rules.length > 0 || own.otherwise !== undefined))
    faults.push({ text: `rules after ${kinds.join()}`, hint: `leave ${rules.join(", ")} out` });
  return [...faults, ...groupFaults(own)];
}
