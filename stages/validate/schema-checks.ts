import type { CheckedTable } from "../../lib/databases/checks-port.js";
import type { StructureObject } from "../../lib/databases/port.js";
import { columnTypesOf } from "../../lib/mapping/target-types.js";
import type { Manifest } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import { type Check, measured, skipped } from "./check.js";
import { columnsAsLeft, columnsByFile } from "./column-checks.js";
import type { ValidateInputs } from "./inputs.js";

/** What load recorded of an object: all of it but its flaw. */
type Recorded = Pick<StructureObject, "kind" | "name" | "definition">;

/** The checks of a table's schema, and whether one of them ought to have run and could not. */
export interface SchemaChecked {
  readonly checks: readonly Check[];
  readonly isIncomplete: boolean;
}

/**
 * Holds the table against schema/target.yaml, where the migration has it, and against what load left: one check for the
 * columns, one for each other object. Nobody is to blame for what an older load or another database does not say: these
 * checks are skipped, and the table is not incomplete for it.
 */
export async function checkSchema(run: Run, inputs: ValidateInputs, checked: CheckedTable): Promise<SchemaChecked> {
  const { table, load } = inputs;
  const wanted = columnTypesOf(run.migration.files, table.name);
  const byFile = wanted === undefined ? [] : [columnsByFile(wanted, checked.description.columns)];
  const { structure } = checked;
  if (structure === undefined)
    return { checks: [...byFile, skipped(asLeft, asLeft, "not read of this database yet")], isIncomplete: false };
  const { found: live, seconds } = await measured(() => structure());
  const recorded = recordedBy(load);
  if (recorded === undefined) {
    const why = `load recorded nothing of it, being older: ${run.command("load", table.name)} does, and moves no row`;
    const flaws = others(live)
      .filter(isNamed)
      .map((one) => checkObject({ was: one, now: one }));
    return { checks: [...byFile, ...flaws, skipped(asLeft, asLeft, why)], isIncomplete: isAnySkipped(flaws) };
  }
  const objects = pairs(others(recorded), others(live)).map(checkObject);
  return {
    checks: [...byFile, { ...columnsAsLeft(columnsIn(recorded), columnsIn(live)), seconds }, ...objects],
    isIncomplete: isAnySkipped(objects),
  };
}

const asLeft = "schema: as load left it";

const others = <One extends Recorded>(objects: readonly One[]): readonly One[] =>
  objects.filter(({ kind }) => kind !== "column");

const columnsIn = <One extends Recorded>(objects: readonly One[]): readonly One[] =>
  objects.filter(({ kind }) => kind === "column");

const isAnySkipped = (checks: readonly Check[]): boolean => checks.some(({ verdict }) => verdict === "skipped");

function recordedBy({ _waybill }: Manifest): readonly Recorded[] | undefined {
  return _waybill.details.structure as unknown as readonly Recorded[] | undefined;
}

/** What has no name speaks of all objects of its kind. */
const isNamed = ({ name }: Recorded): boolean => name !== "";

interface Pair {
  readonly was: Recorded | undefined;
  readonly now: StructureObject | undefined;
}

/** What was there and what is, side by side: what was there first, in its order. */
function pairs(was: readonly Recorded[], now: readonly StructureObject[]): readonly Pair[] {
  const isSame = (one: Recorded, other: Recorded) => one.kind === other.kind && one.name === other.name;
  const ofAll = ({ kind }: Recorded) => now.find((other) => other.kind === kind && !isNamed(other));
  const kept = was.map((one) => ({ was: one, now: now.find((other) => isSame(one, other)) ?? ofAll(one) }));
  const came = now.filter((one) => isNamed(one) && !was.some((other) => isSame(one, other)));
  return [...kept, ...came.map((one) => ({ was: undefined, now: one }))];
}

const notThere = "not there";

// An index that somebody added since does no harm, unless it does not work; one that is gone was wanted.
function checkObject({ was, now }: Pair): Check {
  const { kind, name } = (was ?? now) as Recorded;
  const expected = was?.definition ?? notThere;
  const { definition = notThere, flaw, unknown } = now ?? {};
  const title = `schema: ${kind} ${name}`;
  if (unknown !== undefined) return skipped(title, expected, unknown);
  const found = [
    ...(definition === expected && flaw !== undefined ? [] : [definition]),
    ...(flaw === undefined ? [] : [flaw]),
  ];
  if (definition === expected && flaw === undefined)
    return { name: title, expected, actual: was === now ? definition : "as load left it", verdict: "passed" };
  return { name: title, expected, actual: found.join("; "), verdict: isAccepted({ was, now }) ? "warned" : "failed" };
}

// That a constraint holds for new rows only is how somebody left it on purpose, and load too: its definition says so.
function isAccepted({ was, now }: Pair): boolean {
  if (now === undefined) return false;
  if (now.flaw === undefined) return was === undefined;
  const forNewRows = / NOT (?:VALID|ENFORCED)$/;
  return was?.definition === now.definition && forNewRows.test(now.definition);
}
