import { allOrigins } from "./origins/all-origins.js";
import { allRules } from "./rules/all-rules.js";
import type { RuleDefinition } from "./rules/rule.js";

/** The rule of a kind: one of the column language, or one that goes with an origin. */
export function ruleOfKind(kind: string): RuleDefinition {
  const checks = allOrigins.flatMap(({ check }) => check ?? []);
  const found = [...allRules, ...checks].find((definition) => definition.kind === kind);
  if (found === undefined) throw new TypeError(`no rule of kind ${kind}`);
  return found;
}
