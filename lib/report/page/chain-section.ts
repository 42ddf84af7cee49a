import type { ChainFacts, ChainInput, ReportFacts, SnapshotFacts } from "../facts.js";
import { dataTable } from "./data-table.js";
import { type Content, type Html, html } from "./html.js";
import { rows } from "./words.js";

/** Every manifest with its output hash, what it was made from, and how somebody checks that without Waybill. */
export function chainSection({ chain, snapshots, specification }: ReportFacts): Html {
  return html`<section aria-labelledby="chain"><h2 id="chain">The chain of manifests</h2>
<p>Each stage names the manifests it read, by the hash of their output. To check a file without Waybill, in its folder:
<code>sha256sum -c SHA256SUMS</code>; what its manifest reads: <code>jq -r '._waybill.inputs[]' manifest.json</code>.</p>
${dataTable({
  id: "manifests",
  caption: "Manifests in the order in which they are made",
  columns: [
    { title: "Manifest" },
    { title: "State" },
    { title: "Rows", kind: "number" },
    { title: "Output hash" },
    { title: "Made from" },
  ],
  groups: [{ rows: chain.map((one) => chainCells(one, chain)) }],
})}${snapshotTable(snapshots)}<p class="how">Specification: <code class="hash">${specification}</code></p>
</section>
`;
}

const signs: Readonly<Record<ChainFacts["state"], readonly [sign: string, tone: string]>> = {
  done: ["✓", "passed"],
  stale: ["↻", "warned"],
  missing: ["–", "warned"],
  damaged: ["✕", "failed"],
  "said no": ["✕", "failed"],
};

function chainCells(one: ChainFacts, chain: readonly ChainFacts[]): readonly Content[] {
  const [sign, tone] = signs[one.state];
  // What validate has to say against a table stands above, check by check.
  const isTold = one.stage === "validate" && one.state === "said no";
  const reason = isTold
    ? html`<small>see <a href="#checks">the checks</a></small>`
    : html`<small>${one.reason}</small>`;
  return [
    html`<span id="manifest-${chain.indexOf(one)}">${one.stage} <b>${one.subject}</b></span>`,
    html`<span class="mark ${tone}"><span aria-hidden="true">${sign}</span> ${one.state}</span>${one.reason === "" ? undefined : reason}`,
    rows(one.rowCount),
    one.outputHash === undefined ? undefined : html`<code class="hash">${one.outputHash}</code>`,
    one.inputs.length === 0
      ? undefined
      : html`<ul class="inputs">${one.inputs.map((input) => inputItem(input, chain))}</ul>`,
  ];
}

function inputItem({ path, state }: ChainInput, chain: readonly ChainFacts[]): Html {
  const index = chain.findIndex((one) => one.path === path);
  const name = path.replace(/\/manifest\.json$/, "");
  const shown = index < 0 ? name : html`<a href="#manifest-${index}">${name}</a>`;
  const since = { same: undefined, changed: ", another one now", gone: ", not there any more" }[state];
  return html`<li>${shown}${since === undefined ? undefined : html`<span class="failed">${since}</span>`}</li>`;
}

function snapshotTable(snapshots: readonly SnapshotFacts[]): Html {
  if (snapshots.length === 0) return html``;
  return dataTable({
    id: "snapshots",
    caption: "States of the source that the rows come from",
    columns: ["Snapshot", "Source", "Isolation", "Position", "Consistency"].map((title) => ({ title })),
    groups: [
      {
        rows: snapshots.map(({ source, id, isolation, position, consistency }) => [
          html`<code>${id}</code>`,
          source ?? "the only one",
          isolation,
          position,
          consistency,
        ]),
      },
    ],
  });
}
