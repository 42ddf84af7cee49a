import type { ExtractName, Sql } from "../model/names.js";
import { didYouMean } from "../model/nearest.js";
import { readColumnType } from "./column-type.js";
import {
  type CompiledColumn,
  type CompiledLookup,
  type CompiledPattern,
  type CompiledStep,
  type NodeFunction,
  type SourceColumn,
  valueName,
} from "./compiled.js";
import type { Column, ColumnRule, Table } from "./migration.js";
import { definitionOfOrigin } from "./origins/all-origins.js";
import type { CompiledOrigin } from "./origins/origin.js";
import { originFor } from "./per-extract.js";
import type { Place, Problem } from "./problems.js";
import { ruleOfKind } from "./rule-of-kind.js";
import { required } from "./rules/required.js";
import type { RuleContext, RuleDefinition, RuleEffect } from "./rules/rule.js";
import { type } from "./rules/type.js";
import { identifier, literal, parenthesised, sql } from "./sql.js";
import { unlikeTypes } from "./unlike-types.js";

/** What a column is compiled against. Unknown source columns are added to `problems`. */
export interface ColumnContext {
  readonly migrationId: string;
  readonly table: Table;
  /** Of which of its extracts the rows are. */
  readonly extract: ExtractName;
  readonly sourceColumns: readonly SourceColumn[];
  readonly problems: Problem[];
}

/** A compiled column, and what the engine must have ready for it. */
export interface ColumnParts {
  readonly column: CompiledColumn;
  readonly lookups: readonly CompiledLookup[];
  readonly functions: readonly NodeFunction[];
  readonly patterns: readonly CompiledPattern[];
}

/** Compiles the column that stands at `index` in the target. */
export function compileColumn(column: Column, index: number, context: ColumnContext): ColumnParts {
  const source = sourceOf(column, context);
  const origin = compileOrigin(column, context, source);
  // Tables of a ring are mapped in one engine: the place in it tells their lookups apart.
  const place = context.table.ring.indexOf(context.table.name);
  const rules: AppliedRule[] = [];
  for (const [before, rule] of column.rules.entries()) {
    const definition = ruleOfKind(rule.kind);
    const previous = identifier(valueName(index, before));
    const result = identifier(`~read.${index}.${before}`);
    const lookup = `~lookup.${place}.${index}.${before}`;
    const made = rules.reduce(typeAfter, column.origin.kind === "uuid5" ? "uuid" : undefined);
    const given: RuleContext = { column: column.name, previous, result, lookup, source, made };
    rules.push({ rule, definition, given, effect: definition.compile(rule.options, given) });
  }
  refuseUnlikeTypes(column, rules, { ...context, source });
  const compiled: CompiledColumn = {
    name: column.name,
    start: origin.start,
    steps: rules.map(stepOf),
    type: rules.reduce((before, rule) => typeAfter(before, rule) ?? "string", origin.type),
    injectiveOf: injectiveOf(origin, rules),
    pii: column.pii,
    concealed: rules.some(({ definition }) => definition.conceals),
  };
  return {
    column: compiled,
    lookups: rules.flatMap(({ given, effect: { file } }) =>
      file === undefined ? [] : [{ name: given.lookup, file: file.path, columns: file.columns }],
    ),
    functions: rules.flatMap(({ effect }) => effect.functions ?? []),
    patterns: rules.flatMap(({ rule: { rule }, effect: { patterns = [] } }) =>
      patterns.map((pattern) => ({ pattern, rule, ...placeOf(column, context.table) })),
    ),
  };
}

// Rules that change the values are taken at their word.
function refuseUnlikeTypes(
  { name, origin }: Column,
  rules: readonly AppliedRule[],
  { table, problems, source }: ColumnContext & { readonly source: SourceOf },
): void {
  if (origin.kind !== "from" || rules.some(({ definition }) => definition.effect !== "keeps")) return;
  for (const { rule } of rules.filter(({ rule: { kind } }) => kind === type.kind)) {
    const written = readColumnType(String(rule.options));
    const fault = "hint" in written ? undefined : unlikeTypes(source(origin.column).databaseType, written);
    if (fault === undefined) continue;
    const hint = "let the extract read the number: select: SELECT …, flags::bigint AS flags, or in MySQL flags + 0";
    problems.push({ ...placeOf({ name }, table), text: `columns.${name}: ${fault}`, hint });
  }
}

function placeOf({ name }: Pick<Column, "name">, { file, lines }: Table): Place {
  return { file, line: lines.get(`columns.${name}`) };
}

type SourceOf = RuleContext["source"];

function sourceOf({ name }: Column, { table, extract, sourceColumns, problems }: ColumnContext): SourceOf {
  const known = sourceColumns.map((column) => column.name);
  return (wanted) => {
    const found = sourceColumns.find((column) => column.name === wanted);
    if (found !== undefined) return found;
    const text = `columns.${name}: extract ${extract} has no column ${JSON.stringify(wanted)}${didYouMean(wanted, known)}`;
    const hint = `its columns: ${known.join(", ")}`;
    problems.push({ ...placeOf({ name }, table), text, hint, sourceColumn: wanted });
    return { name: wanted, type: "string", databaseType: "" };
  };
}

function compileOrigin({ origin }: Column, { migrationId, extract }: ColumnContext, source: SourceOf): CompiledOrigin {
  const own = originFor(origin, extract);
  return definitionOfOrigin(own).compile(own, { migrationId, extract, source });
}

/** A rule of the column with its definition, and what came of compiling it. */
interface AppliedRule {
  readonly rule: ColumnRule;
  readonly definition: RuleDefinition;
  readonly given: RuleContext;
  readonly effect: RuleEffect;
}

/** Decides what a miss means: the row is rejected, or what `otherwise` says stands in and the row may be flagged. */
function stepOf({ rule, definition, given, effect }: AppliedRule): CompiledStep {
  const { otherwise, onlyIf } = rule;
  const applies = onlyIf === undefined ? undefined : sql`coalesce(${parenthesised(onlyIf)}, false)`;
  const where = (value: Sql): Sql =>
    applies === undefined ? value : sql`CASE WHEN ${applies} THEN ${value} ELSE ${given.previous} END`;
  const read = effect.read && {
    name: given.result,
    value: applies === undefined ? effect.read : sql`CASE WHEN ${applies} THEN ${effect.read} END`,
  };
  const step = { rule: rule.rule, read, join: effect.join, logsChanges: definition.effect !== "keeps" };
  if (effect.miss === undefined) return { ...step, value: where(effect.value), reject: undefined, flag: undefined };
  const miss = applies === undefined ? effect.miss : sql`(${applies} AND ${effect.miss})`;
  if (otherwise === undefined || otherwise.kind === "reject")
    return {
      ...step,
      value: keeps(definition) ? given.previous : where(effect.value),
      reject: { when: miss, reason: effect.reasonSql ?? literal(effect.reason) },
      flag: undefined,
    };
  const standIn = otherwise.kind === "keep" ? given.previous : literal(otherwise.value);
  const covered = sql`CASE WHEN ${effect.miss} THEN ${standIn} ELSE ${effect.value} END`;
  return { ...step, value: where(covered), reject: undefined, flag: rule.flags ? miss : undefined };
}

const keeps = ({ effect }: RuleDefinition): boolean => effect === "keeps";

/** The type of the values after a rule; undefined where some of them may pass as they were. */
function typeAfter(before: string | undefined, { rule, definition: { type } }: AppliedRule): string | undefined {
  if (type === "same" || type === before) return before;
  const somePass = rule.onlyIf !== undefined || rule.otherwise?.kind === "keep";
  return somePass ? undefined : type;
}

function injectiveOf(origin: CompiledOrigin, rules: readonly AppliedRule[]): readonly string[] | undefined {
  if (!rules.every(({ definition }) => keeps(definition))) return undefined;
  // Where every row without a value is rejected, what holds wherever there is a value holds for all.
  const allPresent = rules.some(({ rule }) => rule.kind === required.kind && rule.onlyIf === undefined);
  return allPresent ? (origin.injectiveOfPresent ?? origin.injectiveOf) : origin.injectiveOf;
}
