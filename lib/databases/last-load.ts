import type { Undo } from "./kept-port.js";
import { damagedLedger } from "./rollback-faults.js";
import type { LastLoad, LaterLoad, TakenBack } from "./rollback-port.js";
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
