import { z } from "zod";
import { complain, name, object, oneOrMore, orNames, text, wholeNumber } from "./grammar.js";

const severity = z.enum(["error", "warn"]).default("error");

const columnsTest = orNames("columns", object({ columns: oneOrMore(name), severity }));

const measure = name.transform((value, context) => {
  if (value === "count") return { measure: "count" as const, column: undefined };
  const [, called, column] = /^(min|max|sum)\((.+)\)$/s.exec(value) ?? [];
  const known = z.enum(["min", "max", "sum"]).safeParse(called);
  if (known.success && column !== undefined) return { measure: known.data, column: column.trim() };
  complain(context, `unknown measure ${JSON.stringify(value)}`, "write count, min(column), max(column) or sum(column)");
  return z.NEVER;
});

const parent = name.superRefine((value, context) => {
  if (/^.+\..+$/s.test(value)) return;
  complain(context, `${JSON.stringify(value)} is not table.column`, "write it like programmes.id");
});

/** The tests and counts by their names, each as its value is written. */
const tests = {
  unique: columnsTest.optional(),
  not_null: columnsTest.optional(),
  relationships: object({
    column: name,
    to: parent,
    otherwise: z.preprocess(
      (value) => value ?? (value === null ? "null" : value),
      z.enum(["reject", "null", "keep"]).optional(),
    ),
    severity,
  }).optional(),
  accepted_values: object({ column: name, values: z.array(text).min(1), severity }).optional(),
  aggregate: object({ group: oneOrMore(name).default([]), measures: oneOrMore(measure), severity }).optional(),
  read: wholeNumber(0).optional(),
  filtered: wholeNumber(0).optional(),
  rejected: wholeNumber(0).optional(),
  deduplicated: wholeNumber(0).optional(),
  written: wholeNumber(0).optional(),
};

/** One line of `expect:`, a map with one key. */
export const expectationSchema = object(tests)
  .superRefine((parsed, context) => {
    const found = Object.values(parsed).filter((value) => value !== undefined).length;
    if (found !== 1)
      complain(context, `${found} tests in one line of the list`, "begin each test with a dash of its own");
  })
  .meta({ minProperties: 1, maxProperties: 1 });

export type ParsedExpectation = z.output<typeof expectationSchema>;
