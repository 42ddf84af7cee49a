import { type Check, tallyOf } from "./check.js";
import { reasonOf } from "./validate-manifest.js";
import type { TableResult } from "./validate-table.js";

/** The file that `--junit` writes beside report.json. */
export const junitPath = "junit.xml";

/**
 * What validate found as CI systems read it: a suite a table, a case a check. The format is that of Apache Ant's JUnit
 * task: a check that did not hold is a failure, one that did not run is skipped, and what is only to be known (a warning,
 * a sample, which is no pass of all rows) stands in the case's output.
 */
export function junitXml(migration: string, results: readonly TableResult[]): string {
  const { failed, skipped } = tallyOf(results.flatMap(({ checks }) => checks));
  const tests = results.reduce((sum, { checks }) => sum + checks.length, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: migration, tests, failures: failed, skipped })}>`,
    ...results.flatMap(suite),
    "</testsuites>",
    "",
  ].join("\n");
}

function suite({ inputs, checks, seconds }: TableResult): readonly string[] {
  const { failed, skipped } = tallyOf(checks);
  const name = inputs.table.name;
  const counts = { name, tests: checks.length, failures: failed, skipped, time: seconds.toFixed(3) };
  return [`  <testsuite${attributes(counts)}>`, ...checks.map((check) => testCase(name, check)), "  </testsuite>"];
}

function testCase(table: string, check: Check): string {
  const { name, verdict, seconds = 0 } = check;
  const opening = `    <testcase${attributes({ classname: table, name, time: seconds.toFixed(3) })}`;
  switch (verdict) {
    case "passed":
      return `${opening}/>`;
    case "failed":
      return `${opening}><failure${attributes({ message: reasonOf(check) })}/></testcase>`;
    case "skipped":
      return `${opening}><skipped${attributes({ message: reasonOf(check) })}/></testcase>`;
    case "warned":
    case "sampled":
      return `${opening}><system-out>${escaped(`${verdict}: ${reasonOf(check)}`)}</system-out></testcase>`;
    default:
      return verdict satisfies never;
  }
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join("");
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

// XML 1.0 has no way to write most control characters, nor half of a surrogate pair.
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r -\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replace(/[&<>"]/g, (character) => entities[character] ?? character)
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
