// What a specification says under `expect:`, settled.

/** Whether a test that does not hold is a failure, or shown only. */
export type Severity = "error" | "warn";

/** What the data owner asks of the target, in dbt's words. */
export interface Expectations {
  readonly tests: readonly ExpectedTest[];
  readonly aggregates: readonly Aggregate[];
  readonly reports: readonly ReportComparison[];
  /** Declared counts, for example { rejected: 2341 }. */
  readonly counts: Readonly<Partial<Record<"read" | "filtered" | "rejected" | "deduplicated" | "written", number>>>;
}

export type ExpectedTest =
  | { readonly kind: "unique"; readonly columns: readonly string[]; readonly severity: Severity }
  | { readonly kind: "not_null"; readonly columns: readonly string[]; readonly severity: Severity }
  | {
      readonly kind: "accepted_values";
      readonly column: string;
      readonly values: readonly string[];
      readonly severity: Severity;
    }
  | {
      /** Values below `min` or above `max`, each read as the column's type reads it. */
      readonly kind: "range";
      readonly column: string;
      readonly min: string | undefined;
      readonly max: string | undefined;
      readonly severity: Severity;
    }
  | {
      /** Values whose text the target's regular expression does not find. */
      readonly kind: "pattern";
      readonly column: string;
      readonly matches: string;
      readonly severity: Severity;
    }
  | {
      readonly kind: "missing_percent";
      readonly column: string;
      /** How many of a hundred rows may hold NULL. */
      readonly max: number;
      readonly severity: Severity;
    }
  | {
      /** The latest value is no older than this, by the target's clock. */
      readonly kind: "freshness";
      readonly column: string;
      readonly maxAge: Age;
      readonly severity: Severity;
    }
  | {
      /** Another table of the target has as many rows. */
      readonly kind: "row_count_equal";
      readonly to: string;
      readonly severity: Severity;
    }
  | {
      /** A SELECT in the target's SQL that must return no rows. */
      readonly kind: "query";
      readonly name: string;
      readonly sql: string;
      readonly severity: Severity;
    };

/** A span of time in one unit. */
export interface Age {
  readonly count: number;
  readonly unit: "minutes" | "hours" | "days";
}

/** The same figures asked of source and target, each in its own SQL: monthly totals, mostly. */
export interface ReportComparison {
  readonly name: string;
  /** The columns that name a line; the others are figures. */
  readonly by: readonly string[];
  /** The source's name, where there are several. */
  readonly of: string | undefined;
  readonly source: string;
  readonly target: string;
  /** By how many percent of the source's figure the target's may differ. */
  readonly withinPercent: number;
  readonly severity: Severity;
}

export interface Aggregate {
  readonly group: readonly string[];
  readonly severity: Severity;
  readonly measures: readonly Measure[];
}

/** `count` or, for example, `sum(price)`, parsed. "nulls" counts rows that hold NULL, "distinct" different values. */
export interface Measure {
  readonly measure: "count" | "min" | "max" | "sum" | "avg" | "distinct" | "nulls";
  readonly column: string | undefined;
}
