const letter = "(?:(?!ʼ)[\\p{L}\\p{M}\\p{N}])";
const word = new RegExp(`${letter}+(?:['’ʼ]${letter}+)*`, "gu");

/**
 * Names as they are written: each word begins with a capital and goes on small, after a hyphen, a blank or any sign
 * begins another. After an apostrophe a capital stands where a single letter is before it and more than one behind:
 * O'Brien and D'Angelo, but Don't and Anna's. No language's own rules: van der becomes Van Der, McDonald Mcdonald.
 */
export function titleCase(text: string): string {
  return text.replace(word, (found) => {
    const parts = found.split(/(['’ʼ])/);
    return parts.map((part, index) => (startsWord(parts, index) ? capitalised(part) : part.toLowerCase())).join("");
  });
}

function startsWord(parts: readonly string[], index: number): boolean {
  return index === 0 || (index === 2 && lettersIn(parts[0]) === 1 && lettersIn(parts[2]) > 1);
}

const lettersIn = (part = ""): number => part.match(/\p{L}/gu)?.length ?? 0;

function capitalised(part: string): string {
  const [first = "", ...rest] = part.toLowerCase();
  return `${capitalOf(first)}${rest.join("")}`;
}

/** Unicode's title case of a small letter, which is not always its capital: Ǆ is both letters large, ǅ one. */
function capitalOf(small: string): string {
  if (/[\u10d0-\u10ff]/u.test(small)) return small; // Georgian has capitals for headlines only.
  const [first = "", ...rest] = digraphs.get(small) ?? small.toUpperCase();
  return `${first}${rest.join("").toLowerCase()}`;
}

const digraphs: ReadonlyMap<string, string> = new Map([
  ["ǆ", "ǅ"],
  ["ǉ", "ǈ"],
  ["ǌ", "ǋ"],
  ["ǳ", "ǲ"],
]);
