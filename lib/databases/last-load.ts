import type { Undo } from "./kept-port.js";
import { damagedLedger, loadedMeanwhile } from "./rollback-faults.js";
import type { ChangedRows, Changes, LastLoad, LaterLoad, TakeBackRequest, TakenBack } from "./rollback-port.js";
import type { Generation } from "./target-port.js";

type Remembered = (Undo & { readonly takenBack?: TakenBack }) | null;

/** The latest load of a table as its ledger has it. */
export interface LatestLoad {
  /** `schema.table`. */
  readonly table: string;
  readonly generation: Generation;
  /** JSON: what it kept, and once it was taken back how. */
  readonly undo: string | null | undefined;
  /** Where the ledger is, for people. */
  readonly ledger: string;
  later(): Promise<readonly LaterLoad[]>;
}

/** What the ledger says of it. Throws "integrity" where it does not say how a load was taken back. */
export async function asLastLoad({ table, generation, undo, ledger, later }: LatestLoad): Promise<LastLoad> {
  const remembered = JSON.parse(undo ?? "null") as Remembered;
  if (generation.state !== "taken back")
    return { kind: "there", generation, undo: remembered ?? undefined, later: await later() };
  if (remembered?.takenBack === undefined) throw damagedLedger(table, generation.name, ledger);
  return { kind: "taken back", generation, outcome: remembered.takenBack };
}

/** The load that is to go and what it kept. Throws "temporary" where it is not the latest any more, or is gone. */
export function loadToTakeBack(
  last: LastLoad,
  { table, generation }: { readonly table: string; readonly generation: string },
): { readonly generation: Generation; readonly undo: Undo } {
  if (last.kind !== "there" || last.generation.name !== generation || last.later.length > 0 || last.undo === undefined)
    throw loadedMeanwhile(table);
  return { generation: last.generation, undo: last.undo };
}

/** Saves what others changed, where they did; or whoever is asked throws, and nothing is taken back. */
export async function saveChanges(
  { onChanges }: TakeBackRequest,
  changes: Changes,
  rowsOf: () => ChangedRows,
): Promise<TakenBack["saved"]> {
  return changes.written + changes.gone === 0 ? undefined : await onChanges(changes, rowsOf);
}
