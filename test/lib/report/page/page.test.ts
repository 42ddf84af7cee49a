import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../../lib/model/hash.js";
import { visible } from "../../../../lib/report/page/html.js";
import { pageOf } from "../../../../lib/report/page/page.js";
import { style } from "../../../../lib/report/page/style.js";
import { factsSaying, fullFacts } from "../report-facts.js";
import { hostileText } from "./hostile-text.js";

const tagsOf = (page: string): readonly string[] => page.match(/<[^>]*>/g) ?? [];

/** What the page says outside of its tags, with the entities read back. */
function textOf(page: string): string {
  const [, body = ""] = page.split("<body>");
  return body
    .replace(/<[^>]*>/g, "¦")
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

describe("the page", () => {
  it("takes no text from data or specification for markup, wherever it stands", () => {
    const tags = tagsOf(pageOf(factsSaying("x")));

    fc.assert(
      fc.property(hostileText, (text) => {
        const page = pageOf(factsSaying(text));
        expect(tagsOf(page)).toEqual(tags);
        expect(textOf(page)).toContain(visible(text));
      }),
      { numRuns: 300 },
    );
  });

  it("shows characters that nobody sees by their number, and keeps the joiners of Persian and Hindi", () => {
    expect(visible("a\u200bb\u202ec\u0000d\u00ade\ufefff\te\n")).toBe(
      "a⟨U+200B⟩b⟨U+202E⟩c⟨U+0000⟩d⟨U+00AD⟩e⟨U+FEFF⟩f\te\n",
    );
    expect(visible("می\u200cخواهم क्\u200dष 👩‍👧")).toBe("می\u200cخواهم क्\u200dष 👩‍👧");
  });

  it("allows its own style alone, by its hash, no script, and nothing from anywhere", () => {
    const page = pageOf(fullFacts);

    const digest = Buffer.from(sha256(style).slice("sha256:".length), "hex").toString("base64");
    expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;sha256-${digest}&#39;; img-src data:;`);
    expect(page.split("<style>")[1]?.split("</style>")[0]).toBe(style);
    expect(page).not.toMatch(/<script|<iframe|<object|<link rel="stylesheet"|style="|\son\w+=|https?:/);
  });

  it("is the same, byte for byte, of the same facts", () => {
    expect(pageOf(structuredClone(fullFacts))).toBe(pageOf(fullFacts));
  });

  it("says first the verdict, why, and the hash it stands for with the command that computes it", () => {
    const text = textOf(pageOf(fullFacts)).replace(/¦+/g, " ");

    expect(text.indexOf("Failed")).toBeLessThan(text.indexOf("Where the rows went", 400));
    expect(text).toContain("Of 4 checks over 1 table 1 passed, 1 failed");
    expect(text).toContain("b2".repeat(32));
    expect(text).toContain("sha256sum validate/report.json");
  });

  it("names checks that were skipped or sampled by themselves, and never calls them passed", () => {
    const text = textOf(pageOf(fullFacts)).replace(/¦+/g, "|");

    expect(text).toMatch(/These did not run, and count as not passed:[|\s]+people\|: rows in the source \(left out\)/);
    expect(text).toMatch(/These held for the rows of a sample[^|]*[|\s]+people\|: sample of source rows \(9 chosen\)/);
  });

  it("has a line for each role of sign_off, and says that there is none where there is none", () => {
    expect(textOf(pageOf(fullFacts))).toMatch(/Programme Data Owner[\s\S]*IT Technical Lead/);
    expect(textOf(pageOf({ ...fullFacts, signOff: [] }))).toContain("migration.yaml names no roles under");
  });
});
