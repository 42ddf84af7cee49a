import { counted, withCommas } from "../../mapping/words.js";
import type { Failure, Span, TimelineFacts } from "../facts.js";
import { dataTable } from "./data-table.js";
import { type Content, type Html, html } from "./html.js";
import { type TimeScale, timeScale } from "./timeline-scale.js";
import { duration, moment } from "./words.js";

/** When each stage was at work and how fast, and which programs failed on the way. */
export function timelineSection({ spans, failures, failureCount, unreadableLines }: TimelineFacts): Html {
  return html`<section aria-labelledby="timeline"><h2 id="timeline">Time</h2>
${spans.length === 0 ? html`<p class="none">log.jsonl tells of no stage that finished.</p>` : spansTable(spans)}${failuresTable(failures, failureCount)}${
  unreadableLines === 0 ? undefined : html`<p>${counted(unreadableLines, "line")} of log.jsonl could not be read.</p>`
}</section>
`;
}

function spansTable(spans: readonly Span[]): Html {
  const scale = timeScale(spans);
  const pauses =
    scale.gaps.length === 0
      ? undefined
      : ` ${scale.gaps.length === 1 ? "A pause" : `${scale.gaps.length} pauses`} of up to ${duration(longest(scale) / 1000)} ${scale.gaps.length === 1 ? "is" : "are"} drawn shorter.`;
  return html`<p>From log.jsonl, times in UTC, each stage the last time it was done.${pauses}</p>
${dataTable({
  id: "spans",
  caption: "Stages in the order in which they began",
  columns: [
    { title: "Stage" },
    { title: "Began" },
    { title: "Took", kind: "number" },
    { title: "Rows", kind: "number" },
    { title: "Rows/s", kind: "number" },
    { title: "When" },
  ],
  groups: [{ rows: spans.map((span) => spanCells(span, scale)) }],
})}`;
}

function longest({ gaps }: TimeScale): number {
  return Math.max(...gaps.map(({ fromMs, toMs }) => toMs - fromMs));
}

function spanCells(span: Span, scale: TimeScale): readonly Content[] {
  const { stage, subject, startMs, endMs, rowCount } = span;
  const seconds = (endMs - startMs) / 1000;
  const rate = seconds === 0 ? undefined : withCommas(Math.round(rowCount / seconds));
  return [
    html`${stage} <b>${subject}</b>`,
    moment(startMs),
    duration(seconds),
    withCommas(rowCount),
    rate,
    bar(span, scale),
  ];
}

function bar({ startMs, endMs, stage }: Span, scale: TimeScale): Html {
  const from = scale.at(startMs);
  // As wide as a hair at least, and inside of the drawing.
  const width = Math.max(0.5, scale.at(endMs) - from);
  const x = Math.min(from, 100 - width);
  return html`<svg class="span" role="img" aria-label="${`from ${moment(startMs)} to ${moment(endMs)}`}" width="100%" height="12"><title>${`from ${moment(startMs)} to ${moment(endMs)}`}</title><rect class="track" x="0" y="5" width="100%" height="2"/><rect class="${stage}" x="${x.toFixed(2)}%" y="1" width="${width.toFixed(2)}%" height="10"/></svg>`;
}

function failuresTable(failures: readonly Failure[], failureCount: number): Html {
  if (failureCount === 0) return html``;
  const left = failureCount - failures.length;
  return html`${dataTable({
    id: "failures",
    caption: html`Programs that ended with an error${left === 0 ? undefined : html`: the last ${failures.length} of ${failureCount}`}`,
    columns: [{ title: "When" }, { title: "Program" }, { title: "Exit code", kind: "number" }, { title: "Message" }],
    groups: [
      {
        rows: failures.map(({ time, program, code, message }) => [
          moment(Date.parse(time)),
          program,
          code,
          html`<span class="message">${message}</span>`,
        ]),
      },
    ],
  })}`;
}
