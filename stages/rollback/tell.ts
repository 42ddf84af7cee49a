import type { LastLoad } from "../../lib/databases/rollback-port.js";
import type { Table } from "../../lib/mapping/migration.js";
import { counted, withCommas } from "../../lib/mapping/words.js";
import type { Run } from "../../lib/program/open-run.js";
import type { TakenBackLoad } from "./rollback-manifest.js";

/** What came back, and that it is what was there. */
export function tellTakenBack(run: Run, { table, outcome }: TakenBackLoad): void {
  const { removed, restored, after, checksum } = outcome;
  const back = `, ${counted(restored, "row")} came back, checksum ${checksum.sum.slice(0, 8)}… as it was`;
  const text = `${counted(removed, "row")} went${restored === 0 ? "" : back}; it holds ${withCommas(after)} now`;
  run.reporter.say("taken-back", `rollback ${table.name}: ${text}`, {
    table: table.name,
    removed,
    restored,
    rows: after,
  });
}

/** That there was nothing to do, and why. */
export function tellNothing(run: Run, { name }: Table, last: Exclude<LastLoad, { readonly kind: "there" }>): void {
  const text = last.kind === "none" ? "nothing was loaded that could be taken back" : "already rolled back";
  run.reporter.say("nothing-to-take-back", `rollback ${name}: ${text}`, { table: name });
}
