import type { NormalForm } from "../mapping/normal-forms.js";
import type { Bucketed } from "../model/buckets.js";
import type { Buckets, Suspects } from "./buckets-port.js";
import { type ComparedTables, compareRows } from "./compare-rows.js";
import type { DatabaseColumn } from "./port.js";

/** A table whose rows may be compared as checksums, and what its database can say of it. */
export interface BucketedSides<Column extends DatabaseColumn, Form extends NormalForm> {
  /** Whether all rows of the table are meant. */
  readonly allRows: boolean;
  readonly columns: readonly Column[];
  /** The columns that name a row. */
  readonly key: readonly string[];
  readonly primaryKey: readonly string[];
  /** undefined: none is proven. */
  formOf(column: Column): Form | undefined;
  /** A text says why the server computes none. */
  bucketed(forms: readonly Form[]): Promise<Bucketed | string>;
  /** Whether two rows of the table share the key. */
  repeatsKey(): Promise<boolean>;
  /** Makes these rows the two sides, paired by the key or compared whole; a text says why they cannot be. */
  give(suspects: Suspects, isKeyed: boolean): Promise<ComparedTables | string>;
}

/** The rows of a table as checksums, or why it has none: rows that are not ours, or a type without a proven form. */
export async function bucketsOf<Column extends DatabaseColumn, Form extends NormalForm>(
  sides: BucketedSides<Column, Form>,
): Promise<Buckets | string> {
  if (!sides.allRows) return "rows of others may stand beside these";
  const forms = formsOf(sides);
  if (typeof forms === "string") return forms;
  const bucketed = await sides.bucketed(forms);
  if (typeof bucketed === "string") return bucketed;
  return { forms, ...bucketed, compare: (suspects) => compare(sides, suspects) };
}

async function compare(
  sides: Pick<BucketedSides<never, never>, "key" | "primaryKey" | "repeatsKey" | "give">,
  suspects: Suspects,
): ReturnType<Buckets["compare"]> {
  const { expected, actual, equal } = suspects;
  const given = await sides.give(suspects, expected.length + actual.length === 0 || (await isKeyed(sides)));
  if (typeof given === "string") return given;
  const found = await compareRows(given, { of: "parts", expected: expected.length });
  return { ...found, expected: found.expected + equal, actual: found.actual + equal, equal: found.equal + equal };
}

// Among the rows that differ a key may name one, and among all rows several: then rows are compared whole.
async function isKeyed({
  key,
  primaryKey,
  repeatsKey,
}: Pick<BucketedSides<never, never>, "key" | "primaryKey" | "repeatsKey">): Promise<boolean> {
  if (primaryKey.length > 0 && primaryKey.every((name) => key.includes(name))) return true;
  return key.length > 0 && !(await repeatsKey());
}

function formsOf<Column extends DatabaseColumn, Form extends NormalForm>({
  columns,
  formOf,
}: BucketedSides<Column, Form>): readonly Form[] | string {
  const forms = columns.map(formOf);
  const without = columns.filter((_, index) => forms[index] === undefined);
  if (without.length === 0) return forms.filter((form) => form !== undefined);
  return `no checksum is proven for ${without.map(({ name, databaseType }) => `${name} (${databaseType})`).join(", ")}`;
}
