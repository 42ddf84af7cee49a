import type { TableFacts } from "../facts.js";
import { dataTable } from "./data-table.js";
import { type Content, type Html, html } from "./html.js";
import { mark } from "./verdict-section.js";
import { duration, figure } from "./words.js";

type Check = TableFacts["checks"][number];

/** Every check with what was expected and found; those that looked at less than all are named by themselves. */
export function checksSection(tables: readonly TableFacts[]): Html {
  const validated = tables.filter(({ checks }) => checks.length > 0);
  if (validated.length === 0)
    return html`<section aria-labelledby="checks"><h2 id="checks">Checks</h2><p class="none">validate has not run.</p></section>
`;
  // How long a check took is said by those validations that measured it.
  const timed = validated.some(({ checks }) => checks.some(({ seconds }) => seconds !== undefined));
  return html`<section aria-labelledby="checks"><h2 id="checks">Checks</h2>
${notWhole(validated)}${dataTable({
  id: "all-checks",
  caption: "Every check, table by table",
  columns: [
    { title: "Check" },
    { title: "Expected", kind: "number" },
    { title: "Found", kind: "number" },
    { title: "Verdict" },
    ...(timed ? [{ title: "Took", kind: "number" as const }] : []),
  ],
  groups: validated.map(({ table, verdict, checks }) => ({
    title: html`${table} ${verdict === undefined ? undefined : mark(verdict)}`,
    rows: checks.map((check) => [...checkCells(check), ...(timed ? [tookOf(check)] : [])]),
  })),
})}</section>
`;
}

function checkCells({ name, expected, actual, verdict, note }: Check): readonly Content[] {
  const below = note === undefined ? undefined : html`<small>${note}</small>`;
  return [html`${name}${below}`, answer(expected), answer(actual), mark(verdict)];
}

// Numbers stand in a column; a sentence or the definition of an index has lines.
function answer(value: string | number): Content {
  return typeof value === "number" ? figure(value) : html`<span class="lines">${value}</span>`;
}

function tookOf({ seconds }: Check): Content {
  return seconds === undefined ? undefined : duration(seconds);
}

function notWhole(tables: readonly TableFacts[]): Html {
  const found = tables.flatMap(({ table, checks }) =>
    checks.filter(({ verdict }) => verdict === "skipped" || verdict === "sampled").map((check) => ({ table, check })),
  );
  if (found.length === 0) return html`<p>Every check ran, over all rows.</p>`;
  const skipped = found.filter(({ check }) => check.verdict === "skipped");
  const sampled = found.filter(({ check }) => check.verdict === "sampled");
  return html`${listOf("These did not run, and count as not passed:", skipped)}${listOf("These held for the rows of a sample, and count as no more than that:", sampled)}`;
}

function listOf(title: string, found: readonly { readonly table: string; readonly check: Check }[]): Html {
  if (found.length === 0) return html``;
  return html`<p>${title}</p><ul>
${found.map(
  ({
    table,
    check: { name, note },
  }) => html`<li><b>${table}</b>: ${name}${note === undefined ? undefined : html` (${note})`}</li>
`,
)}</ul>
`;
}
