import { createHash } from "node:crypto";
import type { ReportFacts } from "../facts.js";
import { chainSection } from "./chain-section.js";
import { checksSection } from "./checks-section.js";
import { differencesSection, rejectsSection } from "./findings-sections.js";
import { flowSection } from "./flow-section.js";
import { html } from "./html.js";
import { rulesSection } from "./rules-section.js";
import { signOffSection } from "./sign-off-section.js";
import { style } from "./style.js";
import { timelineSection } from "./timeline-section.js";
import { attentionSection, verdictSection } from "./verdict-section.js";

// 1. One file: nothing is fetched, and the policy forbids it. No script runs, and none is there.
// 2. Only this style is allowed, by its hash: no value can bring another one.
// 3. Equal facts make equal bytes.

const sections = [
  ["flow", "Where the rows went"],
  ["rules", "Rules"],
  ["checks", "Checks"],
  ["differences", "Differences"],
  ["rejects", "Rejected rows"],
  ["timeline", "Time"],
  ["chain", "Manifests"],
  ["sign-off", "Sign-off"],
] as const;

/** The facts of a run as one page that needs nothing but itself. */
export function pageOf(facts: ReportFacts): string {
  const { migration, title, tables, attention, timeline } = facts;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${migration}: ${facts.verdict.overall}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<a class="skip" href="#verdict">Skip to the verdict</a>
<header><p class="kind">Validation report</p>
<h1>${title}</h1>
<p class="id">${migration}</p></header>
<nav aria-label="Sections"><ul>${sections.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main>
${verdictSection(facts)}${attentionSection(attention)}${flowSection(tables)}${rulesSection(tables)}${checksSection(tables)}${differencesSection(tables)}${rejectsSection(tables)}${timelineSection(timeline)}${chainSection(facts)}${signOffSection(facts)}</main>
<footer><p>Made by Waybill from the manifests, <code>report.json</code> and <code>log.jsonl</code> of the run alone. The same
files make the same page: <code>waybill report</code>.</p></footer>
</body>
</html>
`.markup;
}

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
