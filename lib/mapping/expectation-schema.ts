import { z } from "zod";
import { selectFault } from "./expression.js";
import { complain, decimalNumber, name, object, oneOrMore, orNames, text, wholeNumber, writtenAs } from "./grammar.js";

const severity = z.enum(["error", "warn"]).default("error");

const columnsTest = orNames("columns", object({ columns: oneOrMore(name), severity }));

const measure = name.transform((value, context) => {
  if (value === "count") return { measure: "count" as const, column: undefined };
  const [, called, column] = /^(\w+)\((.+)\)$/s.exec(value) ?? [];
  const known = z.enum(["min", "max", "sum", "avg", "distinct", "nulls"]).safeParse(called);
  if (known.success && column !== undefined) return { measure: known.data, column: column.trim() };
  const hint = "write count, min(column), max(column), sum(column), avg(column), distinct(column) or nulls(column)";
  complain(context, `unknown measure ${JSON.stringify(value)}`, hint);
  return z.NEVER;
});

const parent = name.superRefine((value, context) => {
  if (/^.+\..+$/s.test(value)) return;
  complain(context, `${JSON.stringify(value)} is not table.column`, "write it like programmes.id");
});

/** A SELECT in a database's own SQL. */
const select = text.superRefine((value, context) => {
  const fault = selectFault(value);
  if (fault !== undefined) complain(context, fault.text, fault.hint);
});

const age = writtenAs(
  name.transform((value, context) => {
    const [, count, unit] = /^(\d{1,6}) (minute|hour|day)s?$/.exec(value) ?? [];
    const known = z.enum(["minute", "hour", "day"]).safeParse(unit);
    if (known.success) return { count: Number(count), unit: `${known.data}s` as const };
    complain(context, `${JSON.stringify(value)} is no span of time`, "write it like 30 minutes, 12 hours or 7 days");
    return z.NEVER;
  }),
  name,
);

const percent = decimalNumber.pipe(z.number().min(0));

const range = object({ column: name, min: text.optional(), max: text.optional(), severity }).superRefine(
  ({ min, max }, context) => {
    if (min === undefined && max === undefined) complain(context, "neither min nor max", "give one of them, or both");
  },
);

const query = object({ name, select, severity });

const report = object({
  name,
  by: oneOrMore(name).default([]),
  of: name.optional(),
  source: select,
  target: select,
  within_percent: percent.default(0),
  severity,
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
  range: range.optional(),
  pattern: object({ column: name, matches: text, severity }).optional(),
  missing_percent: object({ column: name, max: percent, severity }).optional(),
  freshness: object({ column: name, max_age: age, severity }).optional(),
  row_count_equal: object({ to: name, severity }).optional(),
  query: query.optional(),
  report: report.optional(),
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
