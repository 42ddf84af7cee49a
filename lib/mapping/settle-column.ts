import { ruleName, type TableName } from "../model/names.js";
import type { ParsedColumn, RuleGroup } from "./column-schema.js";
import type { Column, ColumnRule } from "./migration.js";
import type { RuleDefinition } from "./rules/rule.js";
import type { Origin } from "./settled-origin.js";

/** One target column of `table` with its origin and its rules, in the order in which they are applied. */
export function settleColumn(table: TableName, name: string, parsed: ParsedColumn): Column {
  const [given] = parsed.origins;
  const origin = settleOrigin(table, name, parsed);
  return {
    name,
    origin,
    rules: [...settleCheck(name, origin, given?.definition.check), ...settleRules(name, parsed)],
    because: parsed.own.because,
    pii: parsed.pii,
  };
}

function settleCheck(column: string, origin: Origin, check: RuleDefinition | undefined): readonly ColumnRule[] {
  if (check === undefined) return [];
  const rest = { otherwise: undefined, flags: false, onlyIf: undefined, because: undefined };
  return [{ rule: ruleName(`${column}.${check.kind}`), kind: check.kind, options: origin, ...rest }];
}

function settleOrigin(table: TableName, name: string, { origins, own, items }: ParsedColumn): Origin {
  const [origin] = origins;
  if (origin !== undefined) return origin.definition.settle(origin.options, table);
  const implied = [own, ...items]
    .flatMap(({ rules }) => rules)
    .flatMap(({ definition, options }) => definition.origin(options) ?? []);
  return implied[0] ?? { kind: "from", column: name };
}

/** As they are written; what a value has to be in the end (`required`, `type`) is asked in the end. */
function settleRules(column: string, { own, items, ownBeforeItems }: ParsedColumn): readonly ColumnRule[] {
  const of = (group: RuleGroup, because: string | undefined) =>
    group.rules.map(({ definition, options }) => ({ definition, options, group, because }));
  // What the column's own because says, it says of all its rules; an item may say more of its own.
  const ownRules = of(own, undefined);
  const written = [
    ...ownRules.slice(0, ownBeforeItems),
    ...items.flatMap((item) => of(item, item.because)),
    ...ownRules.slice(ownBeforeItems),
  ];
  const isLast = ({ definition }: (typeof written)[number]): boolean => definition.effect === "keeps";
  const ordered = [...written.filter((one) => !isLast(one)), ...written.filter(isLast)];
  return ordered.map(({ definition: { kind, effect }, options, group, because }, index): ColumnRule => {
    const same = ordered.slice(0, index).filter(({ definition }) => definition.kind === kind).length;
    const translates = effect === "translates";
    return {
      rule: ruleName(`${column}.${kind}${same === 0 ? "" : `[${same + 1}]`}`),
      kind,
      options,
      otherwise: translates ? (group.otherwise ?? { kind: "reject" }) : undefined,
      flags: translates && group.flag !== undefined,
      onlyIf: group.onlyIf,
      because,
    };
  });
}
