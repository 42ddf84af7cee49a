import type { Page } from "playwright-core";

// What runs inside of the browser stands on nothing outside of itself. Of the browser's own words, these few are used: to
// know them all, the whole project would have to be compiled as if it ran in a browser.

interface PageElement {
  readonly tagName: string;
  readonly namespaceURI: string;
  readonly textContent: string;
  readonly parentElement: PageElement | null;
  readonly scrollWidth: number;
  closest(selector: string): PageElement | null;
  matches(selector: string): boolean;
  getAttributeNames(): readonly string[];
  getBoundingClientRect(): { readonly left: number; readonly right: number };
  querySelectorAll(selector: string): Iterable<PageElement>;
}
declare const document: PageElement & {
  readonly body: PageElement;
  readonly documentElement: PageElement;
  readonly activeElement: PageElement;
};
declare const innerWidth: number;
declare function getComputedStyle(element: PageElement): Readonly<Record<string, string>>;
declare class DOMParser {
  parseFromString(markup: string, type: "text/html"): typeof document;
}

export interface Contrast {
  readonly text: string;
  readonly ratio: number;
}

/** The contrast of every element that holds text of its own, by WCAG's formula. */
export function contrasts(): readonly Contrast[] {
  const channels = (color = ""): readonly number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string | undefined): number => {
    const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const backgroundOf = (element: PageElement): string => {
    const { backgroundColor = "" } = getComputedStyle(element);
    const isClear = channels(backgroundColor)[3] === 0;
    return isClear && element.parentElement !== null ? backgroundOf(element.parentElement) : backgroundColor;
  };
  return [...document.body.querySelectorAll("*")].flatMap((element) => {
    const own = element.textContent.trim();
    if (own === "" || element.matches("svg, svg *:not(text)")) return [];
    const { color, fill } = getComputedStyle(element);
    const ink = luminance(element.namespaceURI.endsWith("svg") ? fill : color);
    const paper = luminance(backgroundOf(element));
    return [{ text: own.slice(0, 40), ratio: (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) }];
  });
}

export interface Shape {
  readonly elements: readonly string[];
  readonly text: string;
}

/** The elements of a page with the names of their attributes, and all its text, as the browser's own parser has them. */
export function shapeOf(markup: string): Shape {
  const parsed = new DOMParser().parseFromString(markup, "text/html");
  const elements = [...parsed.querySelectorAll("*")].map(
    (one) => `${one.tagName} in ${one.parentElement?.tagName}: ${one.getAttributeNames().join(" ")}`,
  );
  return { elements, text: parsed.body.textContent };
}

/** How wide the page is, and what stands out of it to the right, where nothing scrolls or is cut by itself. */
export function overflow(): { readonly width: number; readonly outside: readonly string[] } {
  const outside = [...document.body.querySelectorAll("*")].filter(
    (one) => one.closest(".scroll, svg") === null && one.getBoundingClientRect().right > innerWidth + 0.5,
  );
  return {
    width: document.documentElement.scrollWidth,
    outside: outside.map((one) => `${one.tagName}: ${one.textContent.slice(0, 40)}`),
  };
}

/** The first words of tables that are wider than the page. */
export function wideTables(): readonly string[] {
  const wide = [...document.querySelectorAll("table")].filter(
    (one) => one.getBoundingClientRect().right > innerWidth + 0.5,
  );
  return wide.map((one) => one.textContent.trim().slice(0, 60));
}

/** What has the focus: its place among all that can have it, its frame, and whether it is to be seen. */
export function focused(stops: string): {
  readonly index: number;
  readonly frame: string;
  readonly isOnScreen: boolean;
} {
  const one = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  const { left, right } = one.getBoundingClientRect();
  return {
    index: [...document.querySelectorAll(stops)].indexOf(one),
    frame: `${outlineStyle} ${outlineWidth}`,
    isOnScreen: right > 0 && left < innerWidth,
  };
}

/** Elements that a page break may part. */
export function breakable(selector: string): readonly string[] {
  const found = [...document.querySelectorAll(selector)].filter((one) => getComputedStyle(one).breakInside !== "avoid");
  return found.map((one) => one.textContent.slice(0, 60));
}

/** The colour behind everything. */
export function paperColor(): string | undefined {
  return getComputedStyle(document.documentElement).backgroundColor;
}

/** What a screen reader finds, from Chromium's own accessibility tree, in the order of the page. */
export interface SpokenTree {
  namesOf(role: string): readonly string[];
  descriptionsOf(role: string): readonly string[];
  /** Of the headings. */
  readonly levels: readonly number[];
}

/** Reads the accessibility tree of a page. */
export async function spokenTree(page: Page): Promise<SpokenTree> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const below = (id: string | undefined): typeof nodes => {
    const node = byId.get(id ?? "");
    return node === undefined ? [] : [node, ...(node.childIds ?? []).flatMap(below)];
  };
  const ordered = below(nodes[0]?.nodeId);
  const of = (role: string) => ordered.filter((node) => !node.ignored && node.role?.value === role);
  return {
    namesOf: (role) => of(role).map(({ name }) => String(name?.value ?? "")),
    descriptionsOf: (role) => of(role).map(({ description }) => String(description?.value ?? "")),
    levels: of("heading").map(({ properties = [] }) =>
      Number(properties.find(({ name }) => name === "level")?.value.value),
    ),
  };
}
