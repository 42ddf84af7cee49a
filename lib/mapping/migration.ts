import type { ExtractName, RuleName, TableName } from "../model/names.js";
import type { Expectations, Severity } from "./expectations.js";
import type { Origin } from "./settled-origin.js";

/** A migration as its folder says, checked: every name it refers to exists. Paths are relative to the folder. */
export interface Migration {
  readonly id: string;
  readonly title: string;
  /** At least one. URLs are as written, `${ENV}` not yet expanded: a secret never becomes part of the specification. */
  readonly sources: readonly DeclaredSource[];
  readonly target: string | undefined;
  readonly extracts: readonly Extract[];
  /** Parents before children, by `relationships` and then by name. */
  readonly tables: readonly Table[];
  readonly acceptance: Acceptance;
  /** Limits by name, as written: cutover and rollback decide by them. */
  readonly rollbackWhen: Readonly<Record<string, number>>;
  readonly signOff: readonly string[];
  readonly retentionDays: number | undefined;
  /** Every file of the folder that was read, with its bytes as they were: what `specification/<hash>/` keeps. */
  readonly files: readonly SpecificationFile[];
}

/** A database that rows come from. */
export interface DeclaredSource {
  /** undefined: the only one, declared as `source:` or not at all. */
  readonly name: string | undefined;
  readonly url: string | undefined;
}

export interface SpecificationFile {
  readonly path: string;
  readonly content: Buffer;
}

export interface Acceptance {
  /** More rejected rows than this share of the rows read make the run exit 1. */
  readonly rejectedMaxPercent: number | undefined;
  /** So many changed rows of those expected are shown and no failure; undefined: each one is. */
  readonly differingMaxPercent: number | undefined;
  /** How many rows validate reads again from the live source. */
  readonly sampleRows: number;
}

/** One reading of one source. */
export interface Extract {
  readonly name: ExtractName;
  /** The name of the source it reads; undefined where the only one has no name. */
  readonly source: string | undefined;
  readonly from: { readonly kind: "table"; readonly table: string } | { readonly kind: "select"; readonly sql: string };
  readonly where: string | undefined;
  /** undefined: the table's primary key, or all columns where it has none. */
  readonly key: readonly string[] | undefined;
  readonly watermark: string | undefined;
  readonly rowChecksum: boolean;
  /** Rows a part is cut at; part boundaries depend on this and on the data, never on `--jobs`. */
  readonly partRows: number;
  /** Parts by calendar month, quarter or year of a date or timestamp column instead of by key range. */
  readonly partBy: { readonly column: string; readonly every: "day" | "month" | "quarter" | "year" } | undefined;
  readonly invalidText: InvalidText;
}

/**
 * What becomes of a text that no file may hold, because its bytes are no UTF-8 or it has a NUL character: the extract
 * ends ("refuse"), its row is rejected, what is wrong with it goes ("strip") or becomes U+FFFD ("replace"), or the value
 * stands as `\\x` and its bytes in hex.
 */
export type InvalidText = "refuse" | "reject" | "strip" | "replace" | "bytes";

/** One target table and the rules that make its rows, in order: steps, filter, reject, columns, dedupe, cascade. */
export interface Table {
  readonly name: TableName;
  /** The file it was read from, for messages. */
  readonly file: string;
  /** Whose rows its rows are, in the order of its file: several extracts make a union; none, a query without lineage. */
  readonly extracts: readonly ExtractName[];
  /** SQL whose result is mapped in place of an extract. `readExtracts` says what a table reads. */
  readonly query: Query | undefined;
  /** Code of the migration's own that the source's rows pass first. */
  readonly steps: readonly Step[];
  /** SQL conditions; a row for which one is not true is filtered. */
  readonly filters: readonly NamedSql[];
  readonly rejects: readonly RejectRule[];
  /** "all": every column of the extract under its own name. */
  readonly columns: "all" | readonly Column[];
  /** What schema/target.yaml says of the target's columns, in its order; undefined without that file. */
  readonly targetColumns: readonly TargetColumn[] | undefined;
  readonly dedupe: Dedupe | undefined;
  readonly relationships: readonly Relationship[];
  readonly expect: Expectations;
  readonly load: LoadSettings;
  readonly ledger: "full" | "exceptions";
  /** How many rows changes.csv.gz may list; the counts are always complete. */
  readonly changesLimit: number;
  /**
   * Which columns of the target name a row, if declared or if other tables refer to one of them: else the target's
   * primary key.
   */
  readonly key: readonly string[] | undefined;
  /** The tables that are settled as one because they refer to one another in a ring: by name, this one among them. */
  readonly ring: readonly TableName[];
  /**
   * For messages: the lines of `file` by what stands there (`columns.id`, `dedupe`). A Map, which JSON leaves out:
   * a comment that moves the lines must not change a fingerprint.
   */
  readonly lines: ReadonlyMap<string, number>;
}

/** How a table is loaded. */
export interface LoadSettings {
  /** In exchange for all rows that are there, over those of the same key, or beside them. */
  readonly mode: "replace" | "upsert" | "insert";
  /** The live table itself is filled, never another in its place. */
  readonly inPlace: boolean;
  /** What a row that the database refuses does: it ends the load, or it is put aside and counted. */
  readonly onReject: "fail" | "quarantine";
  /** Whether the triggers of the target's users run for the rows that are written. */
  readonly triggers: "aside" | "keep";
}

/** One SELECT over extracts, each of which is a table of its own name there. */
export interface Query {
  readonly sql: string;
  /** The declared extracts that its SQL names. */
  readonly reads: readonly ExtractName[];
  /** The column of the result that holds the key of the row of `of` it came from; undefined: no row is of any. */
  readonly lineage: { readonly column: string; readonly of: ExtractName } | undefined;
}

/** A file below steps/ whose function `step` sees one row after another, or all of them as a frame. */
export interface Step {
  readonly rule: RuleName;
  readonly kind: "row" | "frame";
  readonly file: string;
  /** Columns that the mapping may use like those of the source. */
  readonly adds: readonly string[];
  /** Columns of the source whose value the mapping takes from the step. */
  readonly replaces: readonly string[];
  /** Of a frame step: with more rows nothing runs. */
  readonly maxRows: number | undefined;
  /** How long a frame, or one batch of rows, may take. */
  readonly maxSeconds: number;
  readonly because: string | undefined;
}

/** A column of the target: its type with `not null`, and whether a row cannot do without a value of the mapping's. */
export interface TargetColumn {
  readonly name: string;
  readonly type: string;
  readonly isNeeded: boolean;
}

/** A rule of whole rows, over the columns of each extract; with `extract` over those of that one alone. */
interface RowRule {
  readonly rule: RuleName;
  readonly extract: ExtractName | undefined;
}

export interface NamedSql extends RowRule {
  readonly sql: string;
  readonly because: string | undefined;
}

export interface RejectRule extends RowRule {
  readonly when: string;
  readonly reason: string;
  /** A column of the extract's files that says more of a row than `reason` does. */
  readonly reasonColumn?: string;
  readonly because: string | undefined;
}

/** One target column: where its value comes from, and the rules it passes, in order. */
export interface Column {
  readonly name: string;
  readonly origin: Origin;
  readonly rules: readonly ColumnRule[];
  readonly because: string | undefined;
  readonly pii: boolean;
}

/** A rule of the column language, settled: `kind` is its file in lib/mapping/rules, `options` what that file parsed. */
export interface ColumnRule {
  readonly rule: RuleName;
  readonly kind: string;
  /** Plain JSON. */
  readonly options: unknown;
  /** What becomes of a value the rule cannot carry over; undefined for a rule that carries every value. */
  readonly otherwise: Otherwise | undefined;
  /** Whether a row is flagged when `otherwise` stood in. */
  readonly flags: boolean;
  /** SQL over the source row: where it is not true, the value passes as it is. */
  readonly onlyIf: string | undefined;
  /** What the rule's own item says; the column's `because` holds for all its rules. */
  readonly because: string | undefined;
}

/** `keep`: the value stays what it was before the rule. */
export type Otherwise =
  | { readonly kind: "reject" }
  | { readonly kind: "keep" }
  | { readonly kind: "value"; readonly value: string | null };

export interface Dedupe {
  readonly rule: RuleName;
  /** Target columns (or, where the target has none of that name, columns of the extract). */
  readonly by: readonly string[];
  readonly keep: "latest" | "first" | "last" | "most_complete";
  /** Columns of the extract that decide, as far as `keep` leaves it open: the row that sorts first is kept. */
  readonly order: readonly SortColumn[];
  /** Others that decide after them, before all columns break the ties. */
  readonly tieBreak: readonly SortColumn[];
  readonly because: string | undefined;
}

export interface SortColumn {
  readonly column: string;
  readonly descending: boolean;
}

/** A foreign key the specification knows: what becomes of a row whose parent was not written. */
export interface Relationship {
  readonly rule: RuleName;
  readonly column: string;
  readonly parent: TableName;
  readonly parentColumn: string;
  /** Where the column holds keys of the parent's extract, until the parent's ledger says which target keys they became. */
  readonly translates: { readonly extract: ExtractName; readonly keyColumns: number } | undefined;
  readonly otherwise: Otherwise;
  /** Whether a row is flagged when `otherwise` gave the value. */
  readonly flags: boolean;
  readonly severity: Severity;
}
