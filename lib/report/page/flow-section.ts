import type { CountLine, TableFacts } from "../facts.js";
import { dataTable } from "./data-table.js";
import { flowDrawing, nameOf, stepNames } from "./flow-drawing.js";
import { type Content, type Html, html } from "./html.js";
import { rows, some } from "./words.js";

/** The counts every table has, in the order of its rows' way. */
const usual = [
  "sourceNow",
  "snapshot",
  "read",
  "filtered",
  "rejected",
  "deduplicated",
  "written",
  "quarantined",
  "loaded",
  "target",
  "unexplained",
];

/** Counts that say the same as others, or nothing that adds up. */
const told = new Set(["drift", "seconds", "inserted", "updated", "unchanged"]);

/** Where the rows went: a drawing for each table, and one table of all the numbers. */
export function flowSection(tables: readonly TableFacts[]): Html {
  const lines = tables.flatMap(({ counts }) => counts);
  const names = [...usual, ...others(lines)].filter((name) => lines.some(({ counts }) => counts[name] !== undefined));
  return html`<section aria-labelledby="flow"><h2 id="flow">Where the rows went</h2>
<p>Every row that was read ends in exactly one place: read = filtered + rejected + deduplicated + written, and what was
written is loaded or quarantined. Bars of a table share one scale; the thinnest stand for few rows.</p>
<div class="flows">
${tables.map(
  ({ table, flow }, index) => html`<figure><figcaption><h3>${table}</h3></figcaption>
${flow.length === 0 ? html`<p class="none">transform has not finished.</p>` : flowDrawing(`flow-${index}`, table, flow)}</figure>
`,
)}</div>
${dataTable({
  id: "counts",
  caption: "Rows of each table at every step",
  columns: [{ title: "Table" }, ...names.map((name) => ({ title: nameOf(name), kind: "number" as const }))],
  groups: tables.map(({ counts }) => ({ rows: counts.map((line) => countCells(line, names)) })),
})}</section>
`;
}

function countCells({ name, kind, counts }: CountLine, names: readonly string[]): readonly Content[] {
  const label = kind === "table" ? name : html`<span class="share">${name}</span>`;
  return [
    label,
    ...names.map((one) => {
      const count = counts[one];
      if (count === undefined) return kind === "share" ? undefined : rows(undefined);
      return one === "unexplained" && count !== 0 ? html`<strong class="failed">${rows(count)}</strong>` : some(count);
    }),
  ];
}

// What a later version counts shows too, under its own name.
function others(lines: readonly CountLine[]): readonly string[] {
  const found = new Set(lines.flatMap(({ counts }) => Object.keys(counts).filter((name) => counts[name] !== 0)));
  const known = Object.keys(stepNames);
  return [...found]
    .filter((name) => !usual.includes(name) && !told.has(name))
    .sort((one, other) => known.indexOf(one) - known.indexOf(other) || (one < other ? -1 : 1));
}
