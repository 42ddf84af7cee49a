import type { CheckedTable, Reference } from "../../lib/databases/checks-port.js";
import type { Aggregate, ExpectedTest, Severity } from "../../lib/mapping/expectations.js";
import type { Table } from "../../lib/mapping/migration.js";
import { type Check, type CheckVerdict, skipped, timed } from "./check.js";

/** What came of the expectations of a table. */
export interface Expected {
  readonly checks: readonly Check[];
  /** The references of rows whose parent is not there, each once. */
  readonly orphaned: readonly Reference[];
}

/**
 * Asks the target what the specification expects of a table, and its catalog's foreign keys: one check each. `implied`
 * says why aggregates are equal without being asked.
 */
export async function checkExpectations(
  table: Table,
  checked: CheckedTable,
  implied: string | undefined,
): Promise<Expected> {
  const checks: Check[] = [];
  const orphaned: Reference[] = [];
  for (const test of table.expect.tests) checks.push(await timed(() => checkTest(checked, test)));
  for (const { name, severity, reference } of referencesOf(table, checked)) {
    const check = await timed(async () => none(name, await checked.countOrphans(reference), severity));
    checks.push(check);
    if (check.actual !== 0 && !orphaned.some((one) => isSame(one, reference))) orphaned.push(reference);
  }
  for (const aggregate of table.expect.aggregates)
    checks.push(await timed(() => checkAggregate(checked, aggregate, implied)));
  return { checks, orphaned };
}

// The catalog names the schema of a parent, and the specification mostly does not.
function isSame(one: Reference, other: Reference): boolean {
  const [name, otherName] = [one, other].map(({ parent }) => parent.split(".").at(-1));
  return name === otherName && `${one.columns} ${one.parentColumns}` === `${other.columns} ${other.parentColumns}`;
}

function none(name: string, found: number, severity: Severity): Check {
  return {
    name,
    expected: 0,
    actual: found,
    verdict: found === 0 ? "passed" : otherwise({ severity }),
  };
}

async function checkTest(checked: CheckedTable, test: ExpectedTest): Promise<Check> {
  const { holds, expected, actual } = await checked.answer(test);
  return { name: `${test.kind}: ${subjectOf(test)}`, expected, actual, verdict: holds ? "passed" : otherwise(test) };
}

function subjectOf(test: ExpectedTest): string {
  switch (test.kind) {
    case "unique":
    case "not_null":
      return test.columns.join(", ");
    case "row_count_equal":
      return test.to;
    case "query":
      return test.name;
    case "accepted_values":
    case "range":
    case "pattern":
    case "missing_percent":
    case "freshness":
      return test.column;
    default:
      return test satisfies never;
  }
}

const otherwise = ({ severity }: { readonly severity: Severity }): CheckVerdict =>
  severity === "warn" ? "warned" : "failed";

interface NamedReference {
  readonly name: string;
  readonly severity: Severity;
  readonly reference: Reference;
}

// A reference may stand in the specification, in the catalog, or in both; each gets its check.
function referencesOf(table: Table, { description }: CheckedTable): readonly NamedReference[] {
  return [
    ...description.foreignKeys.map(({ name, ...reference }) => {
      return { name: `foreign key: ${name}`, severity: "error", reference } as const;
    }),
    ...table.relationships.map(({ column, parent, parentColumn, severity }) => ({
      name: `relationships: ${column} to ${parent}.${parentColumn}`,
      severity,
      reference: { columns: [column], parent, parentColumns: [parentColumn] },
    })),
  ];
}

async function checkAggregate(
  checked: CheckedTable,
  aggregate: Aggregate,
  implied: string | undefined,
): Promise<Check> {
  const measures = aggregate.measures.map(({ measure, column }) =>
    column === undefined ? measure : `${measure}(${column})`,
  );
  const by = aggregate.group.length === 0 ? "" : ` by ${aggregate.group.join(", ")}`;
  const name = `aggregate: ${measures.join(", ")}${by}`;
  if (implied !== undefined)
    return { name, expected: "all groups equal", actual: "all groups equal", verdict: "passed", note: implied };
  if (checked.takesNoRows !== undefined) return skipped(name, "all groups equal", checked.takesNoRows);
  const { groups, differing } = await checked.compareAggregate(aggregate);
  const verdict = differing === 0 ? "passed" : otherwise(aggregate);
  return {
    name,
    expected: `${groups} equal groups`,
    actual: `${differing} differ`,
    verdict,
  };
}
