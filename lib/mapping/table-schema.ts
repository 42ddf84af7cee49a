import { z } from "zod";
import { columnSchema } from "./column-schema.js";
import { expectationSchema } from "./expectation-schema.js";
import { complain, name, object, oneOrMore, pairsOf, sqlExpression, text, wholeNumber, writtenAs } from "./grammar.js";
import { stepSchema } from "./step-schema.js";

const mode = writtenAs(
  name.superRefine((value, context) => {
    if (value === "replace") return;
    complain(context, `mode ${JSON.stringify(value)} is not supported`, "this version supports only mode: replace");
  }),
  z.literal("replace"),
);

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

/** A table's file, key by key. */
export const tableSchema = object({
  table: name,
  from: name.optional(),
  union: z.array(name).min(1).optional(),
  steps: z.array(stepSchema).default([]),
  filter: z.array(object({ keep: sqlExpression, ...rowRule })).default([]),
  reject: z.array(object({ when: sqlExpression, reason: name, ...rowRule })).default([]),
  columns: z.union([z.literal("all"), pairsOf(name, columnSchema)]),
  dedupe: dedupe.optional(),
  expect: z.array(expectationSchema).default([]),
  load: object({ mode }).optional(),
  ledger: z.enum(["full", "exceptions"]).default("full"),
  changes: object({ limit: wholeNumber(0) }).default({ limit: 10_000 }),
  key: oneOrMore(name).optional(),
}).superRefine(({ from, union }, context) => {
  if (from === undefined || union === undefined) return;
  complain(context, "both from and union", "a table is made from one extract, or from a union of several: keep one");
});

export type ParsedTable = z.output<typeof tableSchema>;
