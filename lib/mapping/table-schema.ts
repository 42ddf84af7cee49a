import { z } from "zod";
import { columnSchema } from "./column-schema.js";
import { expectationSchema } from "./expectation-schema.js";
import {
  complain,
  complainBelow,
  name,
  object,
  oneOrMore,
  pairsOf,
  sqlExpression,
  text,
  wholeNumber,
  yesNo,
} from "./grammar.js";
import { queryFault } from "./query.js";
import { stepSchema } from "./step-schema.js";

const load = object({
  mode: z.enum(["replace", "upsert", "insert"]).default("replace"),
  in_place: yesNo.default(false),
  on_reject: z.enum(["fail", "quarantine"]).default("fail"),
  triggers: z.enum(["aside", "keep"]).default("aside"),
});

const dedupe = object({
  by: oneOrMore(name),
  keep: z.enum(["latest", "first", "last", "most_complete"]),
  order: oneOrMore(name).optional(),
  tie_break: oneOrMore(name).optional(),
  because: text.optional(),
}).superRefine(({ keep, order, tie_break }, context) => {
  if (order !== undefined) return;
  if (keep === "latest")
    complain(context, "keep: latest without order", "say by which source column a row is later: order: updated_at");
  if (keep === "last" && tie_break !== undefined)
    complain(context, "keep: last without order has no ties", "leave tie_break out, or say in which order");
});

/** What every rule of whole rows may say: of which extract's rows it is. */
const rowRule = { in: name.optional(), because: text.optional() };

const querySql = text.superRefine((value, context) => {
  const fault = queryFault(value);
  if (fault !== undefined) complain(context, fault.text, fault.hint);
});

/** A table's file, key by key. */
export const tableSchema = object({
  table: name,
  from: name.optional(),
  union: z.array(name).min(1).optional(),
  query: querySql.optional(),
  lineage: z.union([z.literal("none"), object({ column: name, of: name })]).optional(),
  steps: z.array(stepSchema).default([]),
  filter: z.array(object({ keep: sqlExpression, ...rowRule })).default([]),
  reject: z.array(object({ when: sqlExpression, reason: name, ...rowRule })).default([]),
  columns: z.union([z.literal("all"), pairsOf(name, columnSchema)]),
  dedupe: dedupe.optional(),
  expect: z.array(expectationSchema).default([]),
  load: load.prefault({}),
  ledger: z.enum(["full", "exceptions"]).default("full"),
  changes: object({ limit: wholeNumber(0) }).default({ limit: 10_000 }),
  key: oneOrMore(name).optional(),
}).superRefine(({ from, union, query, lineage, steps }, context) => {
  const given = Object.entries({ from, union, query }).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (given.length > 1) {
    const hint = "a table is made from one extract, from a union of several, or from a query over them: keep one";
    complain(context, `both ${given.join(" and ")}`, hint);
  }
  if (query !== undefined && lineage === undefined)
    complainBelow(
      context,
      ["query"],
      [
        "does not say its lineage",
        "say which extract's rows these are: lineage: { column: id, of: people }, or lineage: none",
      ],
    );
  if (query === undefined && lineage !== undefined)
    complainBelow(context, ["lineage"], ["there is no query", "the rows of an extract name themselves: leave it out"]);
  if (query !== undefined && steps.length > 0)
    complainBelow(
      context,
      ["steps"],
      ["steps do not run over a query", "steps see the rows of an extract: say it in the query's SQL"],
    );
});

export type ParsedTable = z.output<typeof tableSchema>;
