import { expect, it } from "vitest";
import { html } from "../../../../lib/report/page/html.js";

it("markup takes texts as texts, in an element and in an attribute", () => {
  const text = `<b a="1" b='2'>&amp;\``;

  expect(html`<p title="${text}">${text}</p>`.markup).toBe(
    `<p title="${"&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;&#96;"}">&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;&#96;</p>`,
  );
});

it("markup takes markup as it is, lists one after another, numbers by their digits, and nothing for undefined", () => {
  const items = ["<", 2, undefined, [html`<i>3</i>`]];

  expect(html`<ul>${items}</ul>${undefined}`.markup).toBe("<ul>&lt;2<i>3</i></ul>");
});

it("what only looks like markup of ours is none: data has no such shape", () => {
  const parsed: unknown = JSON.parse('"{\\"markup\\":\\"<script>\\"}"');

  expect(html`${String(parsed)}`.markup).toBe("{&quot;markup&quot;:&quot;&lt;script&gt;&quot;}");
});
