import type { CheckedTable } from "../../lib/databases/checks-port.js";
import type { Aggregate, ExpectedTest, Severity, Table } from "../../lib/mapping/migration.js";
import type { Check } from "./check.js";

/** Asks the target what the specification expects of a table, and its catalog's foreign keys: one check each. */
export async function checkExpectations(table: Table, checked: CheckedTable): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const test of table.expect.tests)
    checks.push(none(testName(test), await countFailures(checked, test), test.severity));
  checks.push(...(await checkReferences(table, checked)));
  for (const aggregate of table.expect.aggregates) checks.push(await checkAggregate(checked, aggregate));
  return checks;
}

function none(name: string, found: number, severity: Severity): Check {
  return {
    name,
    expected: 0,
    actual: found,
    verdict: found === 0 ? "passed" : severity === "warn" ? "warned" : "failed",
  };
}

function testName(test: ExpectedTest): string {
  return `${test.kind}: ${test.kind === "accepted_values" ? test.column : test.columns.join(", ")}`;
}

async function countFailures(checked: CheckedTable, test: ExpectedTest): Promise<number> {
  switch (test.kind) {
    case "unique":
      return await checked.countRepeated(test.columns);
    case "not_null":
      return await checked.countNulls(test.columns);
    case "accepted_values":
      return await checked.countUnaccepted(test.column, test.values);
    default:
      return test satisfies never;
  }
}

// A reference may stand in the specification, in the catalog, or in both; each gets its check.
async function checkReferences(table: Table, checked: CheckedTable): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const { name, ...reference } of checked.description.foreignKeys) {
    checks.push(none(`foreign key: ${name}`, await checked.countOrphans(reference), "error"));
  }
  for (const { column, parent, parentColumn, severity } of table.relationships) {
    const orphans = await checked.countOrphans({ columns: [column], parent, parentColumns: [parentColumn] });
    checks.push(none(`relationships: ${column} to ${parent}.${parentColumn}`, orphans, severity));
  }
  return checks;
}

async function checkAggregate(checked: CheckedTable, aggregate: Aggregate): Promise<Check> {
  const { groups, differing } = await checked.compareAggregate(aggregate);
  const measures = aggregate.measures.map(({ measure, column }) =>
    column === undefined ? measure : `${measure}(${column})`,
  );
  const by = aggregate.group.length === 0 ? "" : ` by ${aggregate.group.join(", ")}`;
  const verdict = differing === 0 ? "passed" : aggregate.severity === "warn" ? "warned" : "failed";
  return {
    name: `aggregate: ${measures.join(", ")}${by}`,
    expected: `${groups} equal groups`,
    actual: `${differing} differ`,
    verdict,
  };
}
