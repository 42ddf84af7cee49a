import type { z } from "zod";
import { columnSchema } from "../lib/mapping/column-schema.js";
import { expectationSchema } from "../lib/mapping/expectation-schema.js";
import { migrationSchema } from "../lib/mapping/migration-schema.js";
import { tableSchema } from "../lib/mapping/table-schema.js";

/** Every key that may stand in migration.yaml, `a.b` for a key below another. */
export function migrationKeys(): readonly string[] {
  return keysBelow(migrationSchema, [
    [],
    ["extracts", "NAME"],
    ["extracts", "NAME", "part_by"],
    ["acceptance"],
    ["acceptance", "rejected"],
  ]);
}

/** Every key of a table's file but those of a column and of a test. */
export function tableKeys(): readonly string[] {
  return keysBelow(tableSchema, [[], ["filter", 0], ["reject", 0], ["dedupe"], ["load"], ["changes"]]);
}

/** Every key of a column. */
export function columnKeys(): readonly string[] {
  return keysBelow(columnSchema, [[], ["uuid5"], ["lookup"], ["otherwise"]]);
}

/** Every key of a line of `expect:`. */
export function expectationKeys(): readonly string[] {
  const tests = ["unique", "not_null", "relationships", "accepted_values", "aggregate"];
  return keysBelow(expectationSchema, [[], ...tests.map((test) => [test])]);
}

type Path = readonly (string | number)[];

/** The keys of the maps at these paths, each below the key it belongs to. */
function keysBelow(schema: z.ZodType, paths: readonly Path[]): readonly string[] {
  const names: string[] = [];
  for (const path of paths) {
    const above = nameOf(path);
    const below = keysAt(schema, path).map((key) => (above === "" ? key : `${above}.${key}`));
    const place = [above, nameOf(path.slice(0, 1))].map((start) => names.findLastIndex((name) => isBelow(name, start)));
    names.splice((place.find((at) => at >= 0) ?? names.length - 1) + 1, 0, ...below);
  }
  return names;
}

function isBelow(name: string, start: string): boolean {
  return start !== "" && (name === start || name.startsWith(`${start}.`) || name.startsWith(`${start}[`));
}

function nameOf(path: Path): string {
  return path
    .map((step) => (typeof step === "number" ? "[]" : `.${step}`))
    .join("")
    .replace(/^\./, "");
}

const stray = "~";

/** The schema names the keys it knows when it is given one that it does not: nothing else has to be asked. */
function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  const value = path.reduceRight<unknown>(
    (inner, step) => (typeof step === "number" ? [inner] : new Map([[step, inner]])),
    new Map([[stray, ""]]),
  );
  const issues = schema.safeParse(value).error?.issues ?? [];
  const found = issues.map(knownKeys).find((keys) => keys !== undefined);
  if (found === undefined) throw new Error(`no map with keys at ${nameOf(path)}`);
  return found;
}

function knownKeys(issue: z.core.$ZodIssue): readonly string[] | undefined {
  if (issue.code === "unrecognized_keys") return issue.keys.includes(stray) ? issue.message.split(", ") : undefined;
  const inner =
    issue.code === "invalid_union" ? issue.errors.flat() : issue.code === "invalid_element" ? issue.issues : [];
  return inner.map(knownKeys).find((keys) => keys !== undefined);
}
