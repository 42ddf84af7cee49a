/** Why the engine could not run a regular expression, or would misread it, and the cure. */
export interface PatternFault {
  readonly text: string;
  readonly hint: string;
}

/** What can be told of a pattern in RE2's syntax without RE2: what other engines have and RE2, to be fast, has not. */
export function patternFault(pattern: string): PatternFault | undefined {
  if (pattern === "") return { text: "empty", hint: "write a regular expression in the syntax of RE2" };
  for (const { groups = {} } of pattern.matchAll(tokens)) {
    const fault = Object.entries(faults).find(([name]) => groups[name] !== undefined)?.[1];
    if (fault !== undefined) return { text: `pattern ${JSON.stringify(pattern)} ${fault.text}`, hint: fault.hint };
  }
  return undefined;
}

/** Why `with` is no replacement for the matches of `pattern`: RE2 would leave these values as they are, or lose text. */
export function rewriteFault(by: string, pattern: string): PatternFault | undefined {
  const groups = [...pattern.matchAll(tokens)].filter((token) => token.groups?.group !== undefined).length;
  for (const [escaping, escaped = ""] of by.matchAll(/\\([\s\S]?)/g)) {
    if (escaped === "\\") continue;
    if (!/\d/.test(escaped)) {
      const hint = "write \\1 for the first group, \\0 for the whole match, \\\\ for a backslash";
      return { text: `with holds ${JSON.stringify(escaping)}, which stands for nothing`, hint };
    }
    if (Number(escaped) > groups) {
      const text = `with takes group ${escaped}, and the pattern has ${groups}`;
      return { text, hint: "put what is to be taken into parentheses: (…)" };
    }
  }
  return undefined;
}

// Of these only groups count, but parentheses in quotations, escapes and classes are none.
const tokens = new RegExp(
  [
    /\\Q[\s\S]*?(?:\\E|$)/,
    /(?<reference>\\[1-9](?![0-7])|\\[kg]|\(\?P=)/,
    /(?<bytes>\\C)/,
    /\\[\s\S]/,
    /\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]/,
    /(?<around>\(\?<?[=!])/,
    /(?<atomic>\(\?>|[*+?]\+)/,
    /(?<group>\((?!\?)|\(\?P?<)/,
    /[\s\S]/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

const faults: Readonly<Record<string, PatternFault>> = {
  reference: {
    text: "refers back to a group",
    hint: "RE2 has no back-references: write the alternatives out",
  },
  bytes: { text: "cuts characters into bytes (\\C)", hint: "write . for any character" },
  around: {
    text: "looks around",
    hint: "RE2 has no look-ahead and no look-behind: match the text around too, and put it back with \\1",
  },
  atomic: { text: "is possessive", hint: "RE2 never goes back: leave the second + or the ?> out" },
};
