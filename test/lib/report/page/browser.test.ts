import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ReportFacts } from "../../../../lib/report/facts.js";
import { visible } from "../../../../lib/report/page/html.js";
import { pageOf } from "../../../../lib/report/page/page.js";
import { startChromium } from "../../../support/chromium.js";
import { temporaryFolder } from "../../../support/work.js";
import { factsSaying, fullFacts } from "../report-facts.js";
import { hostileText } from "./hostile-text.js";
import { breakable, contrasts, focused, overflow, paperColor, shapeOf, spokenTree, wideTables } from "./in-the-page.js";

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

const phone = { viewport: { width: 360, height: 780 } };
/** The width of A4 between the page's margins. */
const paper = { viewport: { width: 688, height: 1000 } };

/** More tables than are unfolded from the start. */
const manyTables: ReportFacts = {
  ...fullFacts,
  tables: Array.from({ length: 9 }, (_, index) => ({
    ...fullFacts.tables[0],
    table: `t${index}`,
  })) as ReportFacts["tables"],
};

interface Opened {
  readonly page: Page;
  /** Everything the page asked for but itself. */
  readonly requests: readonly string[];
  /** What it got. */
  readonly answered: readonly string[];
  /** What the browser said on its console. */
  readonly said: readonly string[];
}

async function open(markup: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const path = join(await temporaryFolder(), "report.html");
  await writeFile(path, markup);
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const [requests, answered, said]: [string[], string[], string[]] = [[], [], []];
  const { href } = pathToFileURL(path);
  page.on("request", (request) => {
    if (request.url() !== href && !request.url().startsWith("data:")) requests.push(request.url());
  });
  page.on("response", (response) => {
    if (response.url() !== href && !response.url().startsWith("data:")) answered.push(response.url());
  });
  page.on("console", (message) => said.push(message.text()));
  await page.goto(href, { waitUntil: "networkidle" });
  return { page, requests, answered, said };
}

describe("in Chromium, the page", () => {
  it("asks nobody for anything, and the browser has nothing to say against it", async () => {
    const { requests, said } = await open(pageOf(fullFacts));

    expect(requests).toEqual([]);
    expect(said).toEqual([]);
  });

  it("runs no script and loads no image, style or frame that somebody got into it", async () => {
    const picture = `<svg xmlns="http://www.w3.org/2000/svg"/>`;
    const path = join(await temporaryFolder(), "x.svg");
    await writeFile(path, picture);
    const { href } = pathToFileURL(path);
    const intruders = `<script>document.title = "ran"</script><img src="${href}" onerror="document.title = 'ran'">
      <style>body { display: none }</style><link rel="stylesheet" href="${href}"><iframe src="${href}"></iframe>`;

    const { page, answered, said } = await open(pageOf(fullFacts).replace("<main>", `<main>${intruders}`));

    expect(await page.title()).toBe("MIG-1: failed");
    expect(await page.locator("body").isVisible()).toBe(true);
    expect(answered).toEqual([]);
    expect(said.filter((text) => text.includes("Content Security Policy")).length).toBeGreaterThanOrEqual(5);
  });

  it("has the same elements and attributes whatever the data says, and shows it letter by letter", async () => {
    const { page } = await open(pageOf(fullFacts));
    const shape = await page.evaluate(shapeOf, pageOf(factsSaying("x")));

    for (const text of fc.sample(hostileText, 150)) {
      const found = await page.evaluate(shapeOf, pageOf(factsSaying(text)));
      expect(found.elements, JSON.stringify(text)).toEqual(shape.elements);
      expect(found.text, JSON.stringify(text)).toContain(visible(text));
    }
  });

  it.each([
    ["one that failed", fullFacts],
    ["one of many tables", manyTables],
    ["one with endless words", factsSaying("W".repeat(200))],
    ["one with endless sentences", factsSaying("a word ".repeat(60))],
  ])("never grows wider than a telephone, %s: tables scroll by themselves", async (_, facts) => {
    const { page } = await open(pageOf(facts), phone);

    expect(await page.evaluate(overflow)).toEqual({ width: 360, outside: [] });
    expect(await page.evaluate(wideTables)).not.toEqual([]);
  });

  it("can be gone through with the keyboard alone: every link, fold and table, each with a frame that shows", async () => {
    const { page } = await open(pageOf(fullFacts), phone);
    const stops = "a[href], summary, [tabindex]";
    const count = await page.locator(stops).count();

    for (let index = 0; index < count; index += 1) {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(focused, stops)).toEqual({ index, frame: "solid 3px", isOnScreen: true });
    }

    await page.locator(".skip").focus();
    await page.keyboard.press("Enter");
    expect(new URL(page.url()).hash).toBe("#verdict");
    await page.locator("summary").first().focus();
    await page.keyboard.press("Enter");
    expect(await page.locator("details").first().getAttribute("open")).toBeNull();
    const region = page.locator(".scroll").first();
    await region.focus();
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => region.evaluate((one) => one.scrollLeft)).toBeGreaterThan(0);
  });

  it.each([
    ["light", "rgb(255, 255, 255)"],
    ["dark", "rgb(21, 24, 27)"],
  ] as const)("can be read in %s: every text has a contrast of 4.5 or more", async (colorScheme, paper) => {
    const { page } = await open(pageOf(fullFacts), { colorScheme });

    const found = await page.evaluate(contrasts);

    expect(found.length).toBeGreaterThan(150);
    expect(found.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    expect(await page.evaluate(paperColor)).toBe(paper);
  });

  it("prints on A4: nothing is cut off or folded away, no row is parted, and the lines to sign stay together", async () => {
    const { page } = await open(pageOf(manyTables), { ...paper, colorScheme: "dark" });
    const folded = page.locator("details table").first();
    expect(await folded.isVisible()).toBe(false);

    await page.emulateMedia({ media: "print" });

    expect(await folded.isVisible()).toBe(true);
    expect(await page.evaluate(wideTables)).toEqual([]);
    expect(await page.evaluate(breakable, "tr, .sign-off, .verdict, figure")).toEqual([]);
    expect(await page.evaluate(paperColor)).toBe("rgb(255, 255, 255)");
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    const boxes = [...pdf.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)];
    expect(
      new Set(
        boxes.map((box) =>
          box
            .slice(1)
            .map((points) => Math.round(Number(points)))
            .join(" × "),
        ),
      ),
    ).toEqual(new Set(["595 × 842"]));
    expect(boxes.length).toBeGreaterThan(3);
  });

  it("tells a screen reader its landmarks, headings, tables with captions and headers, and drawings in words", async () => {
    const { page } = await open(pageOf(fullFacts));

    const tree = await spokenTree(page);

    for (const role of ["banner", "navigation", "main", "contentinfo"])
      expect(tree.namesOf(role), role).toHaveLength(1);
    expect(tree.namesOf("table")).toEqual([
      "Rows of each table at every step",
      "Rules of people",
      "Every check, table by table",
      "Differences of people",
      "people: 41 rows rejected; rows that 1 replay corrected since are among them",
      "people: 7 rows refused by the target and put aside",
      "Stages in the order in which they began",
      "Programs that ended with an error",
      "Manifests in the order in which they are made",
      "States of the source that the rows come from",
      "Who signs",
    ]);
    expect(tree.namesOf("columnheader")).toContain("Expected");
    expect(tree.namesOf("rowheader")).toContain("unique: id");
    expect(tree.namesOf("image")).toContain("Rows of people from the source to the target");
    expect(tree.descriptionsOf("image")).toContain(
      "read 1,244,096, rejected 41, written 1,244,055 and target 1,244,054.",
    );
    expect(tree.namesOf("region")).toContain("Sign-off");
    expect(tree.levels).toEqual([1, 2, 2, 2, 3, 3, 2, 2, 2, 2, 2, 2, 2]);
  });
});
