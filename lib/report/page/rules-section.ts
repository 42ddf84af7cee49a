import { counted } from "../../mapping/words.js";
import type { RuleFacts, TableFacts } from "../facts.js";
import { dataTable } from "./data-table.js";
import { folded } from "./folded.js";
import { type Content, type Html, html } from "./html.js";
import { some } from "./words.js";

const counts = ["touched", "flagged", "filtered", "rejected", "deduplicated"] as const;

/** The rules of every table with the business rule behind them, and how many rows each one did something to. */
export function rulesSection(tables: readonly TableFacts[]): Html {
  return html`<section aria-labelledby="rules"><h2 id="rules">The rules and what they did</h2>
<p>In the order in which they run. “Changed” counts values of rows that were written.</p>
${tables.map(({ table, rules }, index) => {
  if (rules === undefined) return html`<p>${table}: <span class="none">transform has not finished.</span></p>`;
  const busy = rules.filter((rule) => counts.some((name) => rule[name] > 0)).length;
  return folded({
    title: html`${table}: ${counted(rules.length, "rule")}, ${busy} of them did something`,
    isOpen: tables.length <= 8,
    content: dataTable({
      id: `rules-${index}`,
      caption: html`Rules of ${table}`,
      columns: [
        { title: "Rule" },
        { title: "Because" },
        ...["Changed", "Flagged", "Filtered", "Rejected", "Deduplicated"].map((title) => ({
          title,
          kind: "number" as const,
        })),
      ],
      groups: [{ rows: rules.map(ruleCells) }],
    }),
  });
})}</section>
`;
}

function ruleCells(rule: RuleFacts): readonly Content[] {
  return [html`<code>${rule.rule}</code>`, rule.because, ...counts.map((name) => some(rule[name]))];
}
