import type { NormalForm } from "../mapping/normal-forms.js";
import type { RowDigest } from "../model/checksum.js";
import type { BucketedTable, Buckets } from "./buckets-port.js";
import { compareSuspects, type SuspectSides } from "./compare-suspects.js";
import type { DatabaseColumn } from "./port.js";

/** A table whose rows may be compared as checksums, and what its database can say of it. */
export interface BucketedSides<Column extends DatabaseColumn, Form extends NormalForm> extends SuspectSides {
  /** Whether all rows of the table are meant. */
  readonly allRows: boolean;
  readonly columns: readonly Column[];
  /** undefined: none is proven. */
  formOf(column: Column): Form | undefined;
  /** What the server makes of a row's text. */
  readonly digest: RowDigest;
  bucketed(forms: readonly Form[]): Promise<BucketedTable>;
}

/** The rows of a table as checksums, or why it has none: rows that are not ours, or a type without a proven form. */
export async function bucketsOf<Column extends DatabaseColumn, Form extends NormalForm>(
  sides: BucketedSides<Column, Form>,
): Promise<Buckets | string> {
  if (!sides.allRows) return "rows of others may stand beside these";
  const forms = formsOf(sides);
  if (typeof forms === "string") return forms;
  return {
    forms,
    digest: sides.digest,
    ...(await sides.bucketed(forms)),
    compare: (suspects) => compareSuspects(sides, suspects),
  };
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
