import { z } from "zod";
import { expressionFault } from "./expression.js";
import { patternFault } from "./re2-pattern.js";

// The words every schema of the specification is made of. They read values as `parseYaml` hands them out: text, null
// for a plain null, arrays and Maps. Numbers and booleans are read from their text here and nowhere else.

const forms = new WeakMap<z.core.$ZodType, z.ZodType>();

/**
 * A schema whose values are written in a form that it does not show by itself, because it makes another one of them
 * first. The published JSON Schemas have that form.
 */
export function writtenAs<Schema extends z.ZodType>(schema: Schema, form: z.ZodType): Schema {
  forms.set(schema, form);
  return schema;
}

/** The form in which a schema's values are written, where it is not the schema's own. */
export function writtenForm(schema: z.core.$ZodType): z.ZodType | undefined {
  // What refines a schema is another one, with this one as its parent.
  const { parent } = schema._zod;
  return forms.get(schema) ?? (parent === undefined ? undefined : writtenForm(parent));
}

/** A complaint of our own, with its cure: `schemaProblems` passes both on as they are. */
export function complain(context: z.core.$RefinementCtx, message: string, hint: string): void {
  context.addIssue({ code: "custom", message, params: { hint } });
}

/** The same of something below the value that is being read: `path` leads there from it. */
export function complainBelow(
  context: z.core.$RefinementCtx,
  path: readonly PropertyKey[],
  [message, hint]: readonly [string, string],
): void {
  context.addIssue({ code: "custom", message, path: [...path], params: { hint } });
}

/** Any text; a plain null is none. */
export const text = z.string();

/** Text that is not blank. */
export const name = text.superRefine((value, context) => {
  if (value.trim() === "") complain(context, "blank", "write a name, or leave the key out");
});

/** A value of the data, NULL included, as its source text. */
export const datum = z.string().nullable();

export const yesNo = z.preprocess((value) => booleans.get(value) ?? value, z.boolean());
const booleans: ReadonlyMap<unknown, boolean> = new Map([
  ["true", true],
  ["false", false],
]);

/** A switch that can only be turned on. */
export const on = z.preprocess((value) => booleans.get(value) ?? value, z.literal(true));

/** A whole number from `least` up to `most`. */
export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z.preprocess(numberOf(/^\d+$/), z.int().min(least).max(most));

/** A whole number that may be negative. */
export const integer = (least: number, most: number) => z.preprocess(numberOf(/^-?\d+$/), z.int().min(least).max(most));

/** A number written in digits, with a point or without. */
export const decimalNumber = z.preprocess(numberOf(/^-?\d+(?:\.\d+)?$/), z.number());

function numberOf(digits: RegExp): (value: unknown) => unknown {
  return (value) => (typeof value === "string" && digits.test(value) ? Number(value) : value);
}

/** One expression in DuckDB's SQL, which can be put into parentheses and stays there. */
export const sqlExpression = text.superRefine((value, context) => {
  const fault = expressionFault(value);
  if (fault !== undefined) complain(context, fault.text, fault.hint);
});

/** Complains of a text that is no regular expression as RE2 reads them, as far as that shows without RE2. */
export function refusePattern(value: string, context: z.core.$RefinementCtx): void {
  const fault = patternFault(value);
  if (fault !== undefined) complain(context, fault.text, fault.hint);
}

/** One value, or a list of at least one. */
export function oneOrMore<Schema extends z.ZodType>(schema: Schema) {
  const list = z.array(schema).min(1);
  const read = z.preprocess((value) => (value === undefined || Array.isArray(value) ? value : [value]), list);
  return writtenAs(read, z.union([schema, list]));
}

/** A map; names alone are what stands behind its key `key`: `[id]` for `{ columns: [id] }`. */
export function orNames<Schema extends z.ZodType>(key: string, long: Schema) {
  const isNames = (value: unknown): boolean => typeof value === "string" || Array.isArray(value);
  const read = z.preprocess((value) => (isNames(value) ? new Map([[key, value]]) : value), long);
  return writtenAs(read, z.union([oneOrMore(name), long]));
}

/** A map with these keys and no others. */
export function object<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const knownKeys = Object.keys(shape).join(", ");
  return z.preprocess(
    (value) => (value instanceof Map ? Object.fromEntries(value) : value),
    // The message of this issue carries the known keys to `schemaProblems`, which looks for the nearest one.
    z.strictObject(shape, { error: ({ code }) => (code === "unrecognized_keys" ? knownKeys : undefined) }),
  );
}

/** A map as `object` reads it, made into something with its keys in the order in which they are written. */
export function ordered<Shape extends z.core.$ZodLooseShape, Built>(
  shape: Shape,
  build: (fields: z.output<ReturnType<typeof object<Shape>>>, order: readonly string[]) => Built,
) {
  const fields = object(shape);
  const built = z.transform((value: unknown, context): Built => {
    const read = fields.safeParse(value, { reportInput: true });
    if (read.success) return build(read.data, value instanceof Map ? [...value.keys()].map(String) : []);
    context.issues.push(...read.error.issues.map((issue) => ({ ...issue, input: issue.input }) as z.core.$ZodRawIssue));
    return z.NEVER;
  });
  return writtenAs(built, fields);
}

/** A map with free keys, as pairs in the order of the file: a JavaScript object would put `101` before `a`. */
export function pairsOf<Key extends z.ZodType, Value extends z.ZodType>(key: Key, value: Value) {
  return z
    .map(key, value)
    .superRefine((entries, context) => {
      if (entries.size === 0) complain(context, "empty", "name at least one");
    })
    .transform((entries): readonly (readonly [z.output<Key>, z.output<Value>])[] => [...entries]);
}
