import type { CheckedTable } from "../../lib/databases/checks-port.js";
import type { Aggregate, ExpectedTest, Severity } from "../../lib/mapping/expectations.js";
import type { Table } from "../../lib/mapping/migration.js";
import { type Check, type CheckVerdict, timed } from "./check.js";

/** Asks the target what the specification expects of a table, and its catalog's foreign keys: one check each. */
export async function checkExpectations(table: Table, checked: CheckedTable): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const test of table.expect.tests) checks.push(await timed(() => checkTest(checked, test)));
  checks.push(...(await checkReferences(table, checked)));
  for (const aggregate of table.expect.aggregates) checks.push(await timed(() => checkAggregate(checked, aggregate)));
  return checks;
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

// A reference may stand in the specification, in the catalog, or in both; each gets its check.
async function checkReferences(table: Table, checked: CheckedTable): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const { name, ...reference } of checked.description.foreignKeys) {
    checks.push(await timed(async () => none(`foreign key: ${name}`, await checked.countOrphans(reference), "error")));
  }
  for (const { column, parent, parentColumn, severity } of table.relationships) {
    const reference = { columns: [column], parent, parentColumns: [parentColumn] };
    const name = `relationships: ${column} to ${parent}.${parentColumn}`;
    checks.push(await timed(async () => none(name, await checked.countOrphans(reference), severity)));
  }
  return checks;
}

async function checkAggregate(checked: CheckedTable, aggregate: Aggregate): Promise<Check> {
  const { groups, differing } = await checked.compareAggregate(aggregate);
  const measures = aggregate.measures.map(({ measure, column }) =>
    column === undefined ? measure : `${measure}(${column})`,
  );
  const by = aggregate.group.length === 0 ? "" : ` by ${aggregate.group.join(", ")}`;
  const verdict = differing === 0 ? "passed" : otherwise(aggregate);
  return {
    name: `aggregate: ${measures.join(", ")}${by}`,
    expected: `${groups} equal groups`,
    actual: `${differing} differ`,
    verdict,
  };
}
