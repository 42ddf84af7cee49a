import { StageError } from "../model/errors.js";
import type { LoadCounts, LoadLine, UpsertOutcome, UpsertRequest } from "./target-port.js";

/** What a database does to upsert the rows of a unit. */
export interface UpsertingUnit<Done extends DoneRequest> {
  /** Throws whatever keeps a request from being fulfilled. */
  assertPossible(request: UpsertRequest): Promise<void>;
  /** Upserts the requests of one group, all at once; `firstIndex` tells its tables from those of other groups. */
  upsertGroup(group: readonly UpsertRequest[], firstIndex: number): Promise<readonly Done[]>;
  /** Keeps what it takes to go back, and writes the ledger. */
  record(done: Done): Promise<void>;
  transaction<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Whether the database refused a row. */
  isRefusal(error: StageError): boolean;
}

/** A request that was fulfilled. */
export interface DoneRequest {
  readonly request: UpsertRequest;
  readonly merged: {
    readonly touched: Pick<UpsertOutcome, "inserted" | "updated">;
    readonly unchanged: number;
  };
}

/**
 * Upserts the rows of a unit, all tables in one transaction: group by group, and of one group all at once. Throws
 * "difference" where the database refuses a row: of so few rows none is put aside.
 */
export async function upsertGroups<Done extends DoneRequest>(
  groups: readonly (readonly UpsertRequest[])[],
  unit: UpsertingUnit<Done>,
): Promise<readonly UpsertOutcome[]> {
  for (const request of groups.flat()) await unit.assertPossible(request);
  const upserted = unit.transaction(async () => {
    const done: Done[] = [];
    for (const group of groups) done.push(...(await unit.upsertGroup(group, done.length)));
    // Only now: a trigger of one table may have written to another. A unit that changes nothing leaves no trace: what it
    // did before, and how to take that back, stands as it is.
    for (const one of done) if (changedRows(one) > 0) await unit.record(one);
    for (const { request } of done) await request.beforeCommit();
    return done.map(({ merged: { touched, unchanged } }) => {
      return { inserted: touched.inserted, updated: touched.updated, unchanged };
    });
  });
  return await upserted.catch((error: unknown) => {
    throw error instanceof StageError && unit.isRefusal(error) ? refusedUnit(error) : error;
  });
}

function changedRows({ merged: { touched } }: DoneRequest): number {
  return touched.inserted + touched.updated;
}

/** What the ledger says of a unit: its counts, with as many rows `before`, and its one line. */
export function recordOf(
  { request: { unit, part }, merged: { touched, unchanged } }: DoneRequest,
  before: number,
): { readonly counts: LoadCounts; readonly line: LoadLine } {
  const { inserted, updated } = touched;
  const generation = `unit:${unit}`;
  return {
    counts: { before, inserted, updated, unchanged, quarantined: 0, after: before + inserted },
    line: { generation, part: generation, hash: part.hash, rowCount: part.rowCount },
  };
}

function refusedUnit({ message, cause }: StageError): StageError {
  return new StageError(
    "difference",
    `the target refuses the row: ${message}; nothing was written`,
    "correct the row in its source, or the mapping, then run the same command again",
    cause,
  );
}
