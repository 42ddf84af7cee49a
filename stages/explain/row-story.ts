import type { MappingPlan } from "../../lib/engine/plan-mapping.js";
import { describeOrigin, describeRule } from "../../lib/mapping/describe-column.js";
import { namedRules } from "../../lib/mapping/named-rules.js";
import { tableOf } from "../../lib/mapping/per-extract.js";
import type { PrivateColumns } from "../../lib/mapping/private-columns.js";
import { outStepColumn, replacementName } from "../../lib/mapping/steps.js";
import type { MappedRow } from "./map-rows.js";

type Value = string | null;

/** A value after a rule that changed it, or flagged the row. */
export interface StoryStep {
  readonly rule: string;
  readonly says: string;
  readonly after: Value;
  readonly flagged: boolean;
}

/** A custom step that let the row pass, and what it made. */
export interface StoryMade {
  readonly step: string;
  readonly file: string;
  /** By the names under which the mapping sees them; a value that a later step made in its place is told there. */
  readonly values: Readonly<Record<string, Value>>;
}

/** A target column: its first value, what rules made of it, and what it is in the end. */
export interface StoryColumn {
  readonly column: string;
  readonly says: string;
  readonly start: Value;
  readonly steps: readonly StoryStep[];
  readonly value: Value;
  /** Whether it refers to a row that was merged into another, which it follows, or that is not there. */
  readonly isMoved: boolean;
}

/** A duplicate of the row. */
export interface OtherRow {
  readonly extract: Value;
  readonly key: Value;
  readonly occurrence: Value;
}

/** Everything that happened to one row. */
export interface RowStory {
  readonly table: string;
  readonly extract: string;
  readonly part: string;
  readonly key: Value;
  readonly occurrence: Value;
  readonly source: Readonly<Record<string, Value>>;
  readonly made: readonly StoryMade[];
  readonly columns: readonly StoryColumn[];
  readonly disposition: "written" | "filtered" | "rejected" | "deduplicated";
  readonly rule: Value;
  readonly reason: Value;
  readonly because: Value;
  readonly winner: OtherRow | null;
  readonly losers: readonly OtherRow[];
}

/** What is shown in place of a value that is personal data. */
export const hidden = "(hidden: pii)";

/** Tells a row's way, with the values of private columns hidden; which of them are NULL shows. */
export function tellRow(row: MappedRow, privates: PrivateColumns): RowStory {
  const { plan } = row;
  const get = (name: string): Value => row.values.get(name) ?? null;
  const masked = (value: Value, isPrivate: boolean): Value => (isPrivate && value !== null ? hidden : value);
  const hidesKey = plan.key.some((name) => privates.source.has(name));
  const winner = get("winner");
  const rule = get("rule");
  return {
    table: plan.table.name,
    extract: plan.extract,
    part: row.path,
    key: masked(get("key"), hidesKey),
    occurrence: get("occurrence"),
    source: Object.fromEntries(
      plan.sourceColumns.map(({ name }) => [name, masked(get(`source.${name}`), privates.source.has(name))]),
    ),
    made: tellSteps(plan, get, (value, name) => masked(value, privates.source.has(name))),
    columns: tellColumns(plan, get, (value, name) =>
      masked(value, privates.target.has(name) || privates.source.has(name)),
    ),
    disposition: (get("disposition") ?? "written") as RowStory["disposition"],
    rule,
    reason: get("reason"),
    because: namedRules(plan.table).find((one) => one.rule === rule)?.because ?? null,
    winner:
      winner === null
        ? null
        : { extract: get("winnerExtract"), key: masked(winner, hidesKey), occurrence: get("winnerOccurrence") },
    losers: row.losers.map(([extract, key, occurrence]) => ({ extract, key: masked(key, hidesKey), occurrence })),
  };
}

function tellSteps(
  { table }: MappingPlan,
  get: (name: string) => Value,
  masked: (value: Value, column: string) => Value,
): readonly StoryMade[] {
  const out = get(`step.${outStepColumn}`);
  const passed = out === null ? table.steps : table.steps.slice(0, Number(out));
  return passed.map(({ rule, file, adds, replaces }, index): StoryMade => {
    const later = passed.slice(index + 1).flatMap((step) => step.replaces);
    const values = [
      ...adds.map((name) => [name, get(`step.${name}`)] as const),
      ...replaces
        .filter((name) => !later.includes(name))
        .map((name) => [name, get(`step.${replacementName(name)}`)] as const),
    ];
    return {
      step: rule,
      file,
      values: Object.fromEntries(values.map(([name, value]) => [name, masked(value, name)])),
    };
  });
}

function tellColumns(
  { table: whole, extract, compiled, parents }: MappingPlan,
  get: (name: string) => Value,
  masked: (value: Value, column: string) => Value,
): readonly StoryColumn[] {
  const table = tableOf(whole, extract);
  return compiled.columns.map(({ name, steps }, index) => {
    const column = table.columns === "all" ? undefined : table.columns[index];
    const changed = steps.flatMap((step, at): readonly StoryStep[] => {
      const [before, after] = [get(`${index}.${at}`), get(`${index}.${at + 1}`)];
      const flagged = get(`flag.${index}.${at}`) === "true";
      const rejected = get("rule") === step.rule;
      if (before === after && !flagged && !rejected) return [];
      const rule = column?.rules[at];
      const says = rule === undefined ? step.rule : describeRule(rule);
      return [{ rule: step.rule, says, after: masked(after, name), flagged }];
    });
    return {
      column: name,
      says: column === undefined ? `from ${name}` : describeOrigin(column),
      start: masked(get(`${index}.0`), name),
      steps: changed,
      value: masked(get(`final.${index}`), name),
      isMoved:
        parents.some((parent) => parent.column === index) && get(`final.${index}`) !== get(`${index}.${steps.length}`),
    };
  });
}
