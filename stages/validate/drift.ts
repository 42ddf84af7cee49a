import { type Check, equality, skipped } from "./check.js";
import type { ValidateInputs } from "./inputs.js";

/** Rows of an extract that a query reads; what becomes of them the query says, and nothing is balanced against them. */
export interface QueriedCounts {
  readonly extract: string;
  /** undefined: the source was not asked. */
  readonly sourceNow: number | undefined;
  readonly snapshot: number;
  /** What transform says that the query read. */
  readonly read: number;
}

/** What a table's query read of each extract, beside what the extract and its source hold. */
export function queriedCounts(
  { extracts, transform }: ValidateInputs,
  sources: readonly number[],
): readonly QueriedCounts[] {
  const { extracts: read = {} } = (transform._waybill.details.query ?? {}) as {
    readonly extracts?: Readonly<Record<string, number>>;
  };
  return extracts.map(({ manifest }, index) => ({
    extract: manifest._waybill.subject,
    sourceNow: sources[index],
    snapshot: manifest._waybill.counts.read ?? 0,
    read: read[manifest._waybill.subject] ?? 0,
  }));
}

/** The checks of an extract that a query reads. */
export function queriedChecks(one: QueriedCounts, why: string | undefined): readonly Check[] {
  return [driftCheck(one, why), equality("rows extracted and read by the query", one.snapshot, one.read)].map(
    (check) => ({ ...check, name: `${check.name}: ${one.extract}` }),
  );
}

/** Whether the source holds as many rows as in the snapshot: when it went on since, that is no loss. */
export function driftCheck({ snapshot, sourceNow }: Omit<QueriedCounts, "read">, why: string | undefined): Check {
  const name = "rows in the source, now and in the snapshot";
  if (sourceNow === undefined) return skipped(name, snapshot, why ?? "the source was not asked");
  return equality(name, snapshot, sourceNow, "warned");
}
