import { extractName, ruleName, tableName } from "../model/names.js";
import type { Table } from "./migration.js";
import { settleQuery } from "./query.js";
import { settleColumn } from "./settle-column.js";
import { settleDedupe } from "./settle-dedupe.js";
import { settleExpectations, settleRelationships } from "./settle-expectations.js";
import { settleSteps } from "./steps.js";
import type { ParsedTable } from "./table-schema.js";
import type { YamlFile } from "./yaml-file.js";

/** What a table's file says, in the words every part of Waybill agrees on. Its references are not checked yet. */
export function settleTable(parsed: ParsedTable, yaml: YamlFile): Table {
  const name = tableName(parsed.table);
  const columns =
    parsed.columns === "all" ? "all" : parsed.columns.map(([column, given]) => settleColumn(name, column, given));
  return {
    name,
    file: yaml.file,
    extracts: extractsOf(parsed).map(extractName),
    query: settleQuery(parsed),
    steps: settleSteps(parsed.steps),
    filters: parsed.filter.map(({ keep, because, in: extract }, index) => ({
      rule: ruleName(`filter[${index}]`),
      extract: named(extract),
      sql: keep,
      because,
    })),
    rejects: parsed.reject.map(({ when, reason, because, in: extract }, index) => ({
      rule: ruleName(`reject[${index}]`),
      extract: named(extract),
      when,
      reason,
      because,
    })),
    columns,
    targetColumns: undefined,
    dedupe: settleDedupe(parsed.dedupe),
    relationships: settleRelationships(parsed.expect),
    expect: settleExpectations(parsed.expect),
    load: {
      mode: parsed.load.mode,
      inPlace: parsed.load.in_place,
      onReject: parsed.load.on_reject,
      triggers: parsed.load.triggers,
    },
    ledger: parsed.ledger,
    changesLimit: parsed.changes.limit,
    key: parsed.key,
    ring: [name],
    lines: linesOf(yaml, parsed),
  };
}

function extractsOf({ table, from, union, query, lineage }: ParsedTable): readonly string[] {
  if (query === undefined) return union ?? [from ?? table];
  return lineage === undefined || lineage === "none" ? [] : [lineage.of];
}

const named = (extract: string | undefined) => (extract === undefined ? undefined : extractName(extract));

function linesOf(yaml: YamlFile, { columns, steps, filter, reject }: ParsedTable): ReadonlyMap<string, number> {
  const names = columns === "all" ? [] : columns.map(([column]) => column);
  return new Map([
    ["dedupe", yaml.lineOf(["dedupe"])],
    ["query", yaml.lineOf(["query"])],
    ["lineage", yaml.lineOf(["lineage"])],
    ...filter.map((_, index): [string, number] => [`filter[${index}]`, yaml.lineOf(["filter", index])]),
    ...reject.map((_, index): [string, number] => [`reject[${index}]`, yaml.lineOf(["reject", index])]),
    ...steps.map((_, index): [string, number] => [`steps[${index}]`, yaml.lineOf(["steps", index])]),
    ...names.map((column): [string, number] => [`columns.${column}`, yaml.lineOf(["columns", column])]),
  ]);
}
