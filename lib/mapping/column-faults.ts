import type { RuleGroup } from "./column-schema.js";

interface Fault {
  readonly text: string;
  readonly hint: string;
}

/** What is wrong with an `otherwise`, a `flag` or an `only_if` and the rules they are to belong to. */
export function groupFaults(group: RuleGroup): readonly Fault[] {
  const { rules, otherwise, flag, onlyIf } = group;
  const misses = rules.filter(({ definition }) => definition.effect === "translates");
  const [rule, second] = misses;
  const given = otherwise !== undefined ? "otherwise" : flag !== undefined ? "flag" : undefined;
  if (onlyIf !== undefined && rules.length === 0)
    return [
      { text: "only_if without a rule", hint: "it says in which rows the rules apply: add one, or leave it out" },
    ];
  if (given === undefined) return [];
  if (rule === undefined) {
    const text = `${given} without a rule that can miss`;
    return [{ text, hint: `add the rule, such as date, map or lookup, or leave ${given} out` }];
  }
  if (second !== undefined) {
    const kinds = misses.map(({ definition }) => definition.kind).join(" and ");
    const hint = "write them as items of rules:, each with an otherwise of its own";
    return [{ text: `${given} after both ${kinds}`, hint }];
  }
  return otherwiseFaults(group, rule);
}

function otherwiseFaults(
  { otherwise, flag }: RuleGroup,
  { definition, options }: RuleGroup["rules"][number],
): readonly Fault[] {
  if (otherwise?.kind === "keep") return [];
  if (otherwise?.kind !== "value") {
    return flag === undefined
      ? []
      : [{ text: "flag without otherwise: VALUE", hint: "a rejected row is not written, so it cannot be flagged" }];
  }
  const fault = definition.otherwiseFault(otherwise.value, options);
  return fault === undefined ? [] : [{ text: fault, hint: "write null, a value of that kind, keep, or reject" }];
}
