import type { ReportFacts } from "../facts.js";
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
<table><caption class="heard">Who signs</caption>
<thead><tr><th scope="col">Role</th><th scope="col">Name</th><th scope="col">Date</th><th scope="col">Signature</th></tr></thead>
<tbody>
${roles.map(
  (role) => html`<tr><th scope="row">${role}</th><td></td><td></td><td></td></tr>
`,
)}</tbody></table>
${signOff.length === 0 ? html`<p class="how">migration.yaml names no roles under <code>sign_off</code>.</p>` : undefined}</section>
`;
}
