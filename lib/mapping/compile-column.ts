import { didYouMean } from "../model/nearest.js";
import {
  type Column,
  type ColumnRule,
  type CompiledColumn,
  type CompiledLookup,
  type CompiledStep,
  type SourceColumn,
  type Table,
  valueName,
} from "./migration.js";
import { allOrigins } from "./origins/all-origins.js";
import type { CompiledOrigin } from "./origins/origin.js";
import type { Problem } from "./problems.js";
import { allRules } from "./rules/all-rules.js";
import type { RuleDefinition, RuleEffect } from "./rules/rule.js";
import { identifier, literal, sql } from "./sql.js";

/** What a column is compiled against. Unknown source columns are added to `problems`. */
export interface ColumnContext {
  readonly migrationId: string;
  readonly table: Table;
  readonly sourceColumns: readonly SourceColumn[];
  readonly problems: Problem[];
}

/** Compiles the column that stands at `index` in the target, and names the lookups it joins. */
export function compileColumn(
  column: Column,
  index: number,
  context: ColumnContext,
): { readonly column: CompiledColumn; readonly lookups: readonly CompiledLookup[] } {
  const origin = compileOrigin(column, context);
  const rules = column.rules.map((rule) => ({ rule, definition: definitionOf(rule) }));
  const lookups: CompiledLookup[] = [];
  const steps = rules.map(({ rule, definition }, before) => {
    const lookup = `~lookup.${index}.${before}`;
    const previous = identifier(valueName(index, before));
    const effect = definition.compile(rule.options, { column: column.name, previous, lookup });
    if (effect.file !== undefined) lookups.push({ name: lookup, file: effect.file.path, columns: effect.file.columns });
    return stepOf(rule, definition, effect);
  });
  const definitions = rules.map(({ definition }) => definition);
  const compiled: CompiledColumn = {
    name: column.name,
    start: origin.start,
    steps,
    type: definitions.findLast(({ effect }) => effect !== "keeps")?.type ?? origin.type,
    injectiveOf: injectiveOf(origin, definitions),
    pii: column.pii,
  };
  return { column: compiled, lookups };
}

function compileOrigin(
  { name, origin }: Column,
  { migrationId, table, sourceColumns, problems }: ColumnContext,
): CompiledOrigin {
  const definition = allOrigins.find(({ kind }) => kind === origin.kind);
  if (definition === undefined) throw new TypeError(`no origin of kind ${origin.kind}`);
  const known = sourceColumns.map((column) => column.name);
  const source = (wanted: string): SourceColumn => {
    const found = sourceColumns.find((column) => column.name === wanted);
    if (found !== undefined) return found;
    const text = `columns.${name}: extract ${table.from} has no column ${JSON.stringify(wanted)}${didYouMean(wanted, known)}`;
    const hint = `its columns: ${known.join(", ")}`;
    problems.push({ file: table.file, line: table.lines.get(`columns.${name}`), text, hint });
    return { name: wanted, type: "string", databaseType: "" };
  };
  return definition.compile(origin, { migrationId, source });
}

function definitionOf({ kind }: ColumnRule): RuleDefinition {
  const found = allRules.find((definition) => definition.kind === kind);
  if (found === undefined) throw new TypeError(`no rule of kind ${kind}`);
  return found;
}

/** Decides what a miss means: the row is rejected, or `otherwise` stands in and the row may be flagged. */
function stepOf(
  { rule, otherwise, flags }: ColumnRule,
  { effect }: RuleDefinition,
  compiled: RuleEffect,
): CompiledStep {
  const { value, miss, reason, join } = compiled;
  const step = { rule, join, logsChanges: effect !== "keeps" };
  if (miss === undefined) return { ...step, value, reject: undefined, flag: undefined };
  if (otherwise?.kind !== "value")
    return { ...step, value, reject: { when: miss, reason: literal(reason) }, flag: undefined };
  const covered = sql`CASE WHEN ${miss} THEN ${literal(otherwise.value)} ELSE ${value} END`;
  return { ...step, value: covered, reject: undefined, flag: flags ? miss : undefined };
}

function injectiveOf(origin: CompiledOrigin, rules: readonly RuleDefinition[]): readonly string[] | undefined {
  if (rules.some(({ effect }) => effect !== "keeps")) return undefined;
  // A rule that keeps values lets none pass that is NULL, so what holds wherever there is a value holds for all.
  return rules.length > 0 ? (origin.injectiveOfPresent ?? origin.injectiveOf) : origin.injectiveOf;
}
