/** Markup that this program made. There is no other way to make one than `html`, which escapes all it is given. */
export interface Html {
  readonly markup: string;
}

/** What may stand in a page: markup as it is, all else as text; undefined is nothing, a list one after another. */
export type Content = Html | string | number | undefined | readonly Content[];

/**
 * Markup with values in it. A value is never markup unless `html` made it: in text and between double quotes of an
 * attribute, the only places a value may stand, it shows as the characters it is.
 */
export function html(fixed: TemplateStringsArray, ...values: readonly Content[]): Html {
  return { markup: fixed.reduce((text, part, index) => `${text}${markupOf(values[index - 1])}${part}`) };
}

function markupOf(content: Content): string {
  if (content === undefined) return "";
  if (typeof content === "number") return String(content);
  if (typeof content === "string") return escaped(visible(content));
  if (isList(content)) return content.map(markupOf).join("");
  return content.markup;
}

function isList(content: Html | readonly Content[]): content is readonly Content[] {
  return Array.isArray(content);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => entities[character] ?? "");
}

/**
 * Characters that nobody sees or that turn the direction of a line, by their number: two values that differ must look
 * different, and no value may rearrange what stands beside it. Tabs and line feeds stay, and so do the joiners that
 * Persian and Hindi are written with.
 */
export function visible(text: string): string {
  return text.replace(/(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu, byNumber);
}

/** A character by its number: `⟨U+202E⟩`. */
export function byNumber(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
