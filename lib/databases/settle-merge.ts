import type { Undo } from "./kept-port.js";
import type { BeforeCommit, LoadCounts } from "./target-port.js";

/** What a server does with its ledger at the end of a merge. */
export interface MergeEnd {
  /** Whether an earlier load of the same generation stands. */
  isLive(): Promise<boolean>;
  /** Keeps the rows that changed as they were. */
  keepImages(): Promise<Undo>;
  readonly beforeCommit: BeforeCommit;
  /** The lines of the parts that arrived become those of the generation. */
  takeOverLines(): Promise<void>;
  settle(undo: Undo): Promise<void>;
}

/**
 * Ends a merge inside its transaction: first the rows as they were, on the disk, then the ledger. Where the same was loaded
 * once more and nothing was amiss, what the load before did, and how to take it back, stands as it is.
 */
export async function settleMerge({ inserted, updated }: LoadCounts, end: MergeEnd): Promise<void> {
  if (inserted + updated === 0 && (await end.isLive())) return;
  const undo = await end.keepImages();
  await end.beforeCommit();
  await end.takeOverLines();
  await end.settle(undo);
}
