import type { ExtractName, TableName } from "../model/names.js";

/** Where a value comes from: the same for every row, or another origin for the rows of each extract. */
export type Origin = PlainOrigin | { readonly kind: "per_extract"; readonly origins: readonly ExtractOrigin[] };

export interface ExtractOrigin {
  readonly extract: ExtractName;
  readonly origin: PlainOrigin;
}

export type PlainOrigin =
  | { readonly kind: "from"; readonly column: string }
  | { readonly kind: "const"; readonly value: string | null }
  | {
      readonly kind: "uuid5";
      readonly table: TableName;
      readonly scope: KeyScope;
      readonly columns: readonly string[];
    }
  | { readonly kind: "concat"; readonly columns: readonly string[]; readonly separator: string }
  | { readonly kind: "json"; readonly members: readonly JsonMember[] }
  | { readonly kind: "source_key"; readonly columns: readonly string[] }
  | { readonly kind: "extract_name" }
  | { readonly kind: "flagged" }
  | { readonly kind: "sql"; readonly sql: string };

/**
 * Whether a key made for a row holds for one extract of its table: the one the row is of (`own`) or a named one, or for
 * all of them, in which equal columns then mean the same row. `unsaid` is enough where there is one extract.
 */
export type KeyScope =
  | { readonly kind: "unsaid" }
  | { readonly kind: "all" }
  | { readonly kind: "own" }
  | { readonly kind: "named"; readonly extract: ExtractName };

/** One name of a JSON object, and what its value is made of. */
export interface JsonMember {
  readonly name: string;
  readonly type: "string" | "number" | "boolean" | "json";
  readonly value:
    | { readonly kind: "from"; readonly column: string }
    | { readonly kind: "const"; readonly value: string | null };
}
