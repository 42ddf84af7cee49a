import type { Attention, Overall, ReportFacts } from "../facts.js";
import { type Html, html } from "./html.js";

/** Each verdict by a word and a sign: nobody has to see colours to tell them apart. */
const faces: Readonly<Record<Overall, { readonly sign: string; readonly word: string; readonly tone: string }>> = {
  passed: { sign: "✓", word: "Passed", tone: "passed" },
  failed: { sign: "✕", word: "Failed", tone: "failed" },
  incomplete: { sign: "…", word: "Incomplete", tone: "warned" },
  outdated: { sign: "↻", word: "Out of date", tone: "warned" },
  "not validated": { sign: "–", word: "Not validated", tone: "warned" },
};

const attentionShown = 30;

/** The verdict, why, and the hash it stands for. */
export function verdictSection({ verdict, seal }: ReportFacts): Html {
  const { sign, word, tone } = faces[verdict.overall];
  return html`<section class="verdict ${tone}" aria-labelledby="verdict">
<h2 id="verdict"><span class="sign" aria-hidden="true">${sign}</span> ${word}</h2>
${verdict.reasons.map((reason) => html`<p>${reason}</p>`)}
${
  seal === undefined
    ? undefined
    : html`<dl class="seal"><dt>stands for <code>${seal.path}</code>, SHA-256</dt><dd><code>${seal.sha256}</code></dd></dl>
<p class="how">To compute it again, in the work directory: <code>sha256sum ${seal.path}</code>. That file names every
manifest it rests on, by path and output hash.</p>
`
}</section>
`;
}

/** What to look at before signing; nothing where nothing is to be said. */
export function attentionSection(attention: readonly Attention[]): Html {
  if (attention.length === 0) return html``;
  const more = attention.length - attentionShown;
  return html`<section aria-labelledby="attention"><h2 id="attention">Look at this first</h2>
<ul class="attention">
${attention.slice(0, attentionShown).map(
  ({
    level,
    subject,
    text,
  }) => html`<li>${mark(level)} ${subject === "" ? undefined : html`<b>${subject}</b>: `}${text}</li>
`,
)}</ul>
${more > 0 ? html`<p>… and ${more} more, below.</p>` : undefined}</section>
`;
}

const marks: Readonly<Record<string, readonly [sign: string, tone: string]>> = {
  passed: ["✓", "passed"],
  failed: ["✕", "failed"],
  warned: ["!", "warned"],
  skipped: ["○", "warned"],
  sampled: ["◐", "sampled"],
  incomplete: ["…", "warned"],
  note: ["!", "warned"],
};

/** A verdict as a sign and its word. */
export function mark(verdict: string): Html {
  const [sign, tone] = marks[verdict] ?? ["·", "none"];
  return html`<span class="mark ${tone}"><span aria-hidden="true">${sign}</span> ${verdict}</span>`;
}
