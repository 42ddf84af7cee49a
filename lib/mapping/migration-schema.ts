import { z } from "zod";
import {
  complain,
  decimalNumber,
  name,
  object,
  oneOrMore,
  pairsOf,
  text,
  wholeNumber,
  writtenAs,
  yesNo,
} from "./grammar.js";
import { holdsPassword } from "./password.js";
import { checkSources } from "./source-names.js";

const url = text.superRefine((value, context) => {
  if (!holdsPassword(value)) return;
  complain(
    context,
    "the URL holds a password",
    `use \${WAYBILL_SOURCE_URL} or \${WAYBILL_TARGET_URL}, and set that variable`,
  );
});

/** The id names the work directory, and people type it: `--confirm MIG-2024-001`. */
const migrationId = text.superRefine((value, context) => {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(value)) return;
  complain(
    context,
    `${JSON.stringify(value)} is no id`,
    "use up to 100 letters, digits, points, dashes and underscores",
  );
});

const extractMap = object({
  source: name.optional(),
  table: name.optional(),
  select: name.optional(),
  where: name.optional(),
  key: oneOrMore(name).optional(),
  watermark: name.optional(),
  row_checksum: yesNo.default(true),
  part_rows: wholeNumber(1).default(250_000),
  part_by: object({ column: name, every: z.enum(["day", "month", "quarter", "year"]) }).optional(),
  invalid_text: z.enum(["refuse", "reject", "strip", "replace", "bytes"]).default("refuse"),
}).superRefine(({ table, select, where }, context) => {
  if (select === undefined) return;
  if (table !== undefined) complain(context, "both table and select", "keep one of the two");
  if (where !== undefined) complain(context, "both select and where", "put the condition into the select");
});

const extract = writtenAs(
  z.preprocess((value) => value ?? new Map(), extractMap),
  z.union([z.null(), extractMap]),
);

const percent = decimalNumber.pipe(z.number().min(0).max(100));

/** migration.yaml, key by key. */
export const migrationSchema = object({
  migration: migrationId,
  title: text.default(""),
  source: url.optional(),
  sources: pairsOf(name, url.nullable()).optional(),
  target: url.optional(),
  extracts: pairsOf(name, extract),
  acceptance: object({
    rejected: object({ max_percent: percent }).optional(),
    differing: object({ max_percent: percent }).optional(),
    sample: wholeNumber(0).default(100),
  }).optional(),
  rollback_when: pairsOf(name, decimalNumber).optional(),
  sign_off: z.array(name).default([]),
  retention_days: wholeNumber(0).optional(),
}).superRefine(checkSources);

export type ParsedMigration = z.output<typeof migrationSchema>;
export type ParsedExtract = z.output<typeof extract>;
