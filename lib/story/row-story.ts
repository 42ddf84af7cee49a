import type { MappingPlan, ParentLink } from "../engine/plan-mapping.js";
import { describeOrigin, describeRule } from "../mapping/describe-column.js";
import type { Column } from "../mapping/migration.js";
import { namedRules } from "../mapping/named-rules.js";
import { tableOf } from "../mapping/per-extract.js";
import type { PrivateColumns } from "../mapping/private-columns.js";
import { outStepColumn, replacementName } from "../mapping/steps.js";
import { finalValueName, type RowValues, stepValueName } from "./row-values.js";

type Value = string | null;

/** A rule that changed a value, flagged the row, or rejected it. */
export interface StoryStep {
  readonly rule: string;
  readonly says: string;
  readonly before: Value;
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
  readonly because: Value;
  readonly start: Value;
  readonly steps: readonly StoryStep[];
  readonly value: Value;
}

/** A row of a source, named: a duplicate of another. */
export interface OtherRow {
  readonly extract: Value;
  readonly key: Value;
  readonly occurrence: Value;
}

/** Where a source row went. */
export type Disposition = "written" | "filtered" | "rejected" | "deduplicated";

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
  readonly disposition: Disposition;
  readonly rule: Value;
  readonly reason: Value;
  readonly because: Value;
  readonly winner: OtherRow | null;
  readonly losers: readonly OtherRow[];
}

/** A row as the engine mapped it. */
export interface MappedRow {
  readonly plan: MappingPlan;
  readonly path: string;
  readonly values: RowValues;
  /** The duplicates that lost to it. */
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
    disposition: (get("disposition") ?? "written") as Disposition,
    rule,
    reason: get("reason"),
    because: namedRules(plan.table).find((one) => one.rule === rule)?.because ?? null,
    winner:
      winner === null
        ? null
        : { extract: get("winnerExtract"), key: masked(winner, hidesKey), occurrence: get("winnerOccurrence") },
    losers: row.losers.map((loser) => ({ ...loser, key: masked(loser.key, hidesKey) })),
  };
}

type Get = (name: string) => Value;
type Masked = (value: Value, column: string) => Value;

function tellSteps({ table }: MappingPlan, get: Get, masked: Masked): readonly StoryMade[] {
  const out = get(stepValueName(outStepColumn));
  const passed = out === null ? table.steps : table.steps.slice(0, Number(out));
  return passed.map(({ rule, file, adds, replaces }, index): StoryMade => {
    const later = passed.slice(index + 1).flatMap((step) => step.replaces);
    const values = [
      ...adds.map((name) => [name, get(stepValueName(name))] as const),
      ...replaces
        .filter((name) => !later.includes(name))
        .map((name) => [name, get(stepValueName(replacementName(name)))] as const),
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
  get: Get,
  masked: Masked,
): readonly StoryColumn[] {
  const table = tableOf(whole, extract);
  return compiled.columns.map(({ name, steps }, index) => {
    const column = table.columns === "all" ? undefined : table.columns[index];
    const link = parents.find((parent) => parent.column === index);
    const shown = (value: Value): Value => masked(value, name);
    const changed = steps.flatMap((step, at): readonly StoryStep[] => {
      const [before, after] = [get(`${index}.${at}`), get(`${index}.${at + 1}`)];
      const flagged = get(`flag.${index}.${at}`) === "true";
      const rejected = get("rule") === step.rule;
      if (before === after && !flagged && !rejected) return [];
      const rule = column?.rules[at];
      const says = rule === undefined ? step.rule : describeRule(rule);
      return [{ rule: step.rule, says, before, after, flagged }];
    });
    const [last, value] = [get(`${index}.${steps.length}`), get(finalValueName(index))];
    return {
      column: name,
      says: column === undefined ? `from ${name}` : describeOrigin(column),
      because: column?.because ?? null,
      start: shown(get(`${index}.0`)),
      steps: [...changed, ...(link === undefined ? [] : moved(link, column, [last, value]))].map((step) => ({
        ...step,
        before: shown(step.before),
        after: shown(step.after),
      })),
      value: shown(value),
    };
  });
}

// What a reference became when its parents were settled: the key its parent was given, or whom that was merged into.
function moved(
  { relationship: { rule, translates } }: ParentLink,
  column: Column | undefined,
  [before, after]: readonly [Value, Value],
): readonly StoryStep[] {
  if (before === after) return [];
  const own = column?.rules.find((one) => one.rule === rule);
  const says =
    translates === undefined || own === undefined
      ? "its parent was merged into another, or is not there"
      : describeRule(own);
  return [{ rule, says, before, after, flagged: false }];
}
