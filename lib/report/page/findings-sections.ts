import { counted, withCommas } from "../../mapping/words.js";
import type { Difference, Excerpt, TableFacts } from "../facts.js";
import { dataTable } from "./data-table.js";
import { type Content, type Html, html } from "./html.js";
import { value } from "./words.js";

/** Rows and values of the target that are not as they were written. */
export function differencesSection(tables: readonly TableFacts[]): Html {
  const found = tables.flatMap(({ table, differences }) => (differences === undefined ? [] : [{ table, differences }]));
  const validated = tables.some(({ verdict }) => verdict !== undefined);
  const none = validated ? "None: what was compared is equal, row by row." : "validate has not run.";
  return html`<section aria-labelledby="differences"><h2 id="differences">Differences</h2>
${found.length === 0 ? html`<p class="none">${none}</p>` : undefined}${found.map(({ table, differences }, index) =>
  excerptOf(table, differences, (lines) =>
    dataTable({
      id: `differences-${index}`,
      caption: html`Differences of ${table}`,
      columns: ["Key", "What", "Column", "Expected", "Found"].map((title) => ({ title })),
      groups: [{ rows: lines.map(differenceCells) }],
    }),
  ),
)}</section>
`;
}

function differenceCells({ change, key, column, expected, actual }: Difference): readonly Content[] {
  return [value(key), change, column ?? html`<span class="none">whole row</span>`, value(expected), value(actual)];
}

/** The rows that rules rejected, by rule and reason, and those that the target refused. */
export function rejectsSection(tables: readonly TableFacts[]): Html {
  const lost = tables.flatMap((table) => [
    rejectsOf(table, tables.indexOf(table)),
    quarantinedOf(table, tables.indexOf(table)),
  ]);
  const found = lost.filter((one) => one !== undefined);
  const isMapped = tables.some(({ rejects }) => rejects !== undefined);
  const none = isMapped ? "No rule rejected a row, and the target refused none." : "transform has not finished.";
  return html`<section aria-labelledby="rejects"><h2 id="rejects">Rejected rows</h2>
${found.length === 0 ? html`<p class="none">${none}</p>` : found}</section>
`;
}

function rejectsOf({ table, rejects, replayCount }: TableFacts, index: number): Html | undefined {
  if (rejects === undefined || (rejects.kind === "read" && rejects.total === 0)) return undefined;
  if (rejects.kind === "unreadable") return unreadable(table, rejects.why);
  const since =
    replayCount === 0 ? undefined : `; rows that ${counted(replayCount, "replay")} corrected since are among them`;
  return html`${dataTable({
    id: `rejects-${index}`,
    caption: html`${table}: ${counted(rejects.total, "row")} rejected${since}`,
    columns: [{ title: "Rule" }, { title: "Reason" }, { title: "Because" }, { title: "Rows", kind: "number" }],
    groups: [
      {
        rows: rejects.lines.map(({ rule, reason, because, rowCount }) => [
          html`<code>${rule}</code>`,
          reason,
          because,
          withCommas(rowCount),
        ]),
      },
    ],
  })}${rowByRow(rejects.path)}`;
}

function quarantinedOf({ table, quarantined }: TableFacts, index: number): Html | undefined {
  if (quarantined === undefined || (quarantined.kind === "read" && quarantined.total === 0)) return undefined;
  if (quarantined.kind === "unreadable") return unreadable(table, quarantined.why);
  return html`${dataTable({
    id: `quarantined-${index}`,
    caption: html`${table}: ${counted(quarantined.total, "row")} refused by the target and put aside`,
    columns: [{ title: "Reason" }, { title: "Constraint" }, { title: "Rows", kind: "number" }],
    groups: [
      {
        rows: quarantined.lines.map(({ rule, reason, rowCount }) => [
          reason,
          html`<code>${rule}</code>`,
          withCommas(rowCount),
        ]),
      },
    ],
  })}${rowByRow(quarantined.path)}`;
}

function rowByRow(path: string): Html {
  return html`<p class="how">Row by row: <code>${path}</code></p>
`;
}

function excerptOf<Line>(table: string, lines: Excerpt<Line>, show: (lines: readonly Line[]) => Html): Html {
  if (lines.kind === "unreadable") return unreadable(table, lines.why);
  const first = lines.lines.length < lines.total ? html`The first ${lines.lines.length} of ` : undefined;
  return html`${show(lines.lines)}<p class="how">${first}${counted(lines.total, "line")}; all that were kept: <code>${lines.path}</code></p>
`;
}

function unreadable(table: string, why: string): Html {
  return html`<p><b>${table}</b>: <span class="failed">not shown, since ${why}.</span></p>
`;
}
