import { listed, withCommas } from "../../mapping/words.js";
import type { FlowStep } from "../facts.js";
import { type Html, html } from "./html.js";

/** What a step is called on the page. */
export const stepNames: Readonly<Record<string, string>> = {
  leftOutByWhere: "left out by where",
  snapshot: "snapshot",
  read: "read",
  filtered: "filtered",
  rejected: "rejected",
  deduplicated: "deduplicated",
  written: "written",
  quarantined: "quarantined",
  leftAlone: "left alone",
  loaded: "loaded",
  target: "target",
  unexplained: "unexplained",
  sourceNow: "source now",
};

const stepPixels = 34;

/**
 * The way of a table's rows as a waterfall: what stands begins at the left edge, what leaves hangs where it left. Widths
 * are shares of the drawing's own, so that text keeps its size on any screen.
 */
export function flowDrawing(id: string, table: string, flow: readonly FlowStep[]): Html {
  const most = Math.max(1, ...flow.map(({ rowCount }) => rowCount));
  let standing = 0;
  const bars = flow.map(({ name, kind, rowCount }, index) => {
    standing = kind === "stands" ? rowCount : standing - rowCount;
    // What hangs ends where the rows before it stood.
    const from = kind === "stands" ? 0 : Math.max(0, standing);
    return { name, kind, rowCount, from: share(from, most), width: share(rowCount, most), top: index * stepPixels };
  });
  return html`<svg class="flow" role="img" aria-labelledby="${id}-t" aria-describedby="${id}-d" width="100%" height="${flow.length * stepPixels}">
<title id="${id}-t">Rows of ${table} from the source to the target</title>
<desc id="${id}-d">${inWords(flow)}</desc>
${bars.map(
  ({
    name,
    kind,
    rowCount,
    from,
    width,
    top,
  }) => html`<text x="0" y="${top + 13}">${kind === "leaves" ? "− " : ""}${nameOf(name)}</text>
<text class="n" x="100%" y="${top + 13}">${withCommas(rowCount)}</text>
<rect class="track" x="0" y="${top + 19}" width="100%" height="7"/>
${rowCount === 0 ? undefined : html`<rect class="${kind}" x="${from}%" y="${top + 19}" width="${width}%" height="7"/>`}
`,
)}</svg>
`;
}

/** A step by the name people read. */
export function nameOf(step: string): string {
  // The name may be any word of a report.json, `constructor` too.
  return Object.hasOwn(stepNames, step) ? (stepNames[step] ?? step) : step;
}

function inWords(flow: readonly FlowStep[]): string {
  return `${listed(flow.map(({ name, rowCount }) => `${nameOf(name)} ${withCommas(rowCount)}`))}.`;
}

// Hundredths of a per cent are finer than any screen; a few rows of millions still show as a hair.
function share(rowCount: number, most: number): string {
  return String(rowCount === 0 ? 0 : Math.max(0.4, Math.round((10_000 * rowCount) / most) / 100));
}
