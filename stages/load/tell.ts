import type { ChosenWay, Definition, LoadCounts } from "../../lib/databases/target-port.js";
import type { Table } from "../../lib/mapping/migration.js";
import { counted, withCommas } from "../../lib/mapping/words.js";
import type { Run } from "../../lib/program/open-run.js";
import { type LoadPlan, notLoadedYet } from "./plan.js";

interface Loaded {
  readonly counts: LoadCounts;
  readonly chosen: Pick<ChosenWay, "way" | "because">;
  readonly seconds: number;
}

/** What was loaded, the way it came in, and how long it took, indexes included. */
export function tellLoaded(run: Run, { table, parts, rowCount }: LoadPlan, { counts, chosen, seconds }: Loaded): void {
  const { quarantined } = counts;
  const rows = rowCount - quarantined;
  const became = table.load.mode === "replace" ? "" : `${changesText(counts)}, `;
  const aside = quarantined === 0 ? "" : `, ${withCommas(quarantined)} quarantined`;
  const way = wayText(chosen);
  const how = way === "" ? "" : `, ${way}`;
  const text = `${became}${counted(rows, "row")} in ${counted(parts.length, "part")}${how}${aside}, ${seconds.toFixed(1)} s`;
  run.reporter.say("loaded", `load ${table.name}: ${text}`, {
    table: table.name,
    rows,
    quarantined,
    parts: parts.length,
    way: chosen.way,
    seconds,
  });
}

/** How a table is loaded, and why not by a swap: "in place (view people_of_towns)". A merge is what its mode says already. */
export function wayText({ way, because }: Pick<ChosenWay, "way" | "because">): string {
  switch (way) {
    case "swap":
      return "by a swap";
    case "in place":
      return because === undefined ? "in place" : `in place (${because})`;
    case "merge":
      return "";
    default:
      return way satisfies never;
  }
}

const changesText = ({ inserted, updated, unchanged }: Changed): string =>
  `${inserted} inserted, ${updated} updated, ${unchanged} unchanged`;

type Changed = Pick<LoadCounts, "inserted" | "updated" | "unchanged">;

/** What became of the rows of a unit in one table. */
export function tellUpserted(run: Run, table: Table["name"], { inserted, updated, unchanged }: Changed): void {
  run.reporter.say("upserted", `load ${table}: ${changesText({ inserted, updated, unchanged })}`, {
    table,
    inserted,
    updated,
    unchanged,
  });
}

/** That the rows were found in the target, so that only the manifest was missing. */
export function tellRecorded(run: Run, { table, rowCount }: LoadPlan): void {
  const text = `its ${counted(rowCount, "row")} stand in the target already, committed by an earlier run; nothing was loaded again`;
  run.reporter.say("load-recorded", `load ${table.name}: ${text}`, { table: table.name, rows: rowCount });
}

/** Nothing had to be done. */
export function tellUpToDate(run: Run, name: Table["name"]): void {
  run.reporter.say("up-to-date", `load ${name}: up to date`, { table: name });
}

/** Why a table that was loaded before is loaded once more; nothing for one that is loaded for the first time. */
export function tellWhyAgain(run: Run, name: Table["name"], reason: string): void {
  if (reason !== notLoadedYet)
    run.reporter.say("load-again", `load ${name}: loaded again (${reason})`, { table: name });
}

/** What was put back although nothing was loaded. */
export function tellRestored(run: Run, restored: readonly Definition[]): void {
  if (restored.length === 0) return;
  const names = restored.map(({ kind, table, name }) => `${kind} ${name} of ${table}`).join(", ");
  run.reporter.say("restored", `load: restored what an interrupted run had taken away: ${names}`, {
    count: restored.length,
  });
}
