import { z } from "zod";
import { StageError } from "../model/errors.js";

// What validate/report.json holds. A reader of today reads over what a later validate adds.

const text = z.string();
const list = <Schema extends z.ZodType>(schema: Schema) => z.array(schema).readonly();
const counts = {
  read: z.number(),
  filtered: z.number(),
  rejected: z.number(),
  deduplicated: z.number(),
  written: z.number(),
};
const ofSource = { extract: text, sourceNow: z.number().nullable(), snapshot: z.number() };

const checkVerdict = z.enum(["passed", "failed", "warned", "skipped", "sampled"]);
const tableVerdict = z.enum(["passed", "failed", "incomplete"]);

const check = z.object({
  name: text,
  expected: z.union([text, z.number()]),
  actual: z.union([text, z.number()]),
  verdict: checkVerdict,
  note: text.optional(),
  seconds: z.number().optional(),
});

const comparison = z.object({
  of: z.enum(["parts", "sample"]),
  level: z.enum(["rows", "buckets"]).optional(),
  expected: z.number(),
  actual: z.number(),
  equal: z.number(),
  missing: z.number(),
  extra: z.number(),
  changed: z.number(),
  columns: z.record(text, z.number()),
  pairedBy: list(text),
});

// What a later version counts is carried along: the page shows it under its own name.
const reconciliation = z.looseObject({
  sourceNow: z.number().nullable(),
  drift: z.number().nullable(),
  snapshot: z.number(),
  ...counts,
  loaded: z.number(),
  quarantined: z.number(),
  leftAlone: z.number(),
  target: z.number(),
  unexplained: z.number(),
  extracts: list(z.object({ ...ofSource, ...counts })),
  base: z.object(counts).optional(),
  replays: list(z.object({ name: text, ...counts })).optional(),
  queried: list(z.object({ ...ofSource, read: z.number() })).optional(),
});

const snapshot = z.object({
  id: text,
  isolation: text,
  position: text.nullish(),
  consistency: text,
  source: text.optional(),
});

const table = z.object({
  table: text,
  extracts: list(text),
  verdict: tableVerdict,
  manifest: text,
  outputHash: text,
  inputs: list(z.object({ path: text, outputHash: text })),
  snapshots: list(snapshot),
  reconciliation,
  keptOutBy: z.record(text, z.number()),
  checksum: z.object({ sum: text, count: z.number() }).nullable(),
  comparisons: list(comparison),
  checks: list(check),
  seconds: z.number(),
});

/** The grammar of validate/report.json; schemas/report.schema.json is made from it. */
export const validationSchema = z.object({
  format: z.object({ name: z.literal("waybill-validation"), version: z.literal(1) }),
  migration: text,
  title: text,
  specification: text,
  verdict: tableVerdict,
  notValidated: list(text),
  snapshots: list(snapshot),
  mixedSnapshots: z.boolean(),
  oneMoment: z.boolean(),
  summary: z.object({
    passed: z.number(),
    warned: z.number(),
    failed: z.number(),
    skipped: z.number(),
    sampled: z.number(),
  }),
  tables: list(table),
});

/** What validate found, all tables together. */
export type Validation = z.infer<typeof validationSchema>;
export type ValidatedTable = Validation["tables"][number];
export type ValidatedCheck = ValidatedTable["checks"][number];
export type CheckVerdict = z.infer<typeof checkVerdict>;

/** Reads the text of validate/report.json; 65 where it is not what validate writes. `path` names it in the error. */
export function parseValidation(content: string, path: string): Validation {
  const found = validationSchema.safeParse(jsonOf(content));
  if (found.success) return found.data;
  const where = found.error.issues[0]?.path.join(".") ?? "";
  throw new StageError(
    "integrity",
    `${path} is not a report of validate: ${where === "" ? "it is other JSON, or none" : `${where} is missing or of another kind`}`,
    "have it written anew: waybill validate",
  );
}

function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
