import { ruleName, type TableName } from "../model/names.js";
import { originsOf, type ParsedColumn, rulesOf } from "./column-schema.js";
import type { Column, ColumnRule } from "./migration.js";
import type { RuleDefinition } from "./rules/rule.js";

/** One target column of `table` with its origin and its rules, in the order in which they are applied. */
export function settleColumn(table: TableName, name: string, parsed: ParsedColumn): Column {
  const [origin] = originsOf(parsed);
  return {
    name,
    origin: origin?.settle(parsed.words[origin.kind], table) ?? { kind: "from", column: name },
    rules: rulesOf(parsed).map((rule) => settleRule(name, rule, parsed)),
    because: parsed.because,
    pii: parsed.pii,
  };
}

function settleRule(column: string, { kind, effect }: RuleDefinition, parsed: ParsedColumn): ColumnRule {
  const translates = effect === "translates";
  return {
    rule: ruleName(`${column}.${kind}`),
    kind,
    options: parsed.words[kind],
    otherwise: translates ? (parsed.otherwise ?? { kind: "reject" }) : undefined,
    flags: translates && parsed.flag !== undefined,
  };
}
