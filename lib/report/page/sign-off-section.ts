import type { ReportFacts } from "../facts.js";
import { dataTable } from "./data-table.js";
import { type Html, html } from "./html.js";

/** Empty lines for those who sign, by their roles; what they sign stands above the lines. */
export function signOffSection({ signOff, migration, verdict, seal }: ReportFacts): Html {
  const roles = signOff.length === 0 ? [""] : signOff;
  return html`<section class="sign-off" aria-labelledby="sign-off"><h2 id="sign-off">Sign-off</h2>
<p>I have read this report of ${migration}, whose verdict is <b>${verdict.overall}</b>${
    seal === undefined
      ? undefined
      : html`, for <code>${seal.path}</code> with the SHA-256 <code class="hash">${seal.sha256}</code>`
  }.</p>
${dataTable({
  id: "signatures",
  caption: "Who signs",
  columns: ["Role", "Name", "Date", "Signature"].map((title) => ({ title })),
  groups: [{ rows: roles.map((role) => [role, undefined, undefined, undefined]) }],
})}${signOff.length === 0 ? html`<p class="how">migration.yaml names no roles under <code>sign_off</code>.</p>` : undefined}</section>
`;
}
