import { z } from "zod";
import { callOf, type NodeFunction } from "../compiled.js";
import { name, object, on } from "../grammar.js";
import { parseLookup } from "../lookup-file.js";
import { titleCase } from "../title-case.js";
import { carrying, defineRule } from "./rule.js";

const abbreviations = object({ file: name, key: name, value: name });
const cases = z.enum(["title", "upper", "lower", "keep"]);
const long = object({ case: cases.default("keep"), abbreviations: abbreviations.optional() });
const schema = z.union([on.transform(() => ({ case: "keep" as const, abbreviations: undefined })), long]);

type Options = z.output<typeof long>;

/**
 * `address: true` mends the blanks of an address line: runs of white space, line ends included, become one blank, none
 * stands before a comma and one after it, none at the ends. `abbreviations: { file, key, value }` puts the value of a
 * lookup file for every whole word that is one of its keys, with a full stop after it or without, in capitals or small:
 * `St.` becomes `Street`. `case: title | upper | lower` then writes the whole line so. NULL stays NULL.
 */
export const address = defineRule({
  kind: "address",
  schema,
  effect: "changes",
  type: "string",
  lookups: ({ abbreviations: from }) =>
    from === undefined ? [] : [{ file: from.file, key: [from.key], values: [from.value], readKey: shortWord }],
  describe: ({ case: letters, abbreviations: from }) =>
    [
      "blanks and commas of an address mended",
      ...(from === undefined ? [] : [`words replaced by ${from.file}, where ${from.key} gives ${from.value}`]),
      ...(letters === "keep" ? [] : [`in ${letters} case`]),
    ].join(", "),
  compile: (options, { previous }) => {
    const fn = cleanse(options);
    return { ...carrying(callOf(fn, previous)), functions: [fn] };
  },
});

function cleanse(options: Options): NodeFunction {
  return {
    // The options are part of the name: two columns may cleanse in two ways.
    name: `~address ${JSON.stringify(options)}`,
    parameters: 1,
    load: async ({ file }) => {
      const words = new Map<string, string>();
      if (options.abbreviations !== undefined) {
        const { key, value, file: path } = options.abbreviations;
        const { columns, rows } = parseLookup(file(path));
        const [from, to] = [columns.indexOf(key), columns.indexOf(value)];
        for (const row of rows) words.set(shortWord(row[from] ?? "") ?? "", row[to] ?? "");
      }
      return ([text = ""]) => inCase(mended(spelledOut(mended(text), words)), options.case);
    },
  };
}

const mended = (text: string): string =>
  text
    .replace(/[\s\u0085\ufeff]+/gu, " ")
    .replace(/ ?(?:, ?)+/g, ", ")
    .replace(/^[ ,]+|[ ,]+$/g, "");

const inWord = "[\\p{L}\\p{M}\\p{N}'’-]+";

/** A short word as lines are searched for it, in small letters without a full stop; undefined if it is not one word. */
function shortWord(key: string): string | undefined {
  const word = key.toLowerCase().replace(/\.$/, "");
  return new RegExp(`^${inWord}$`, "u").test(word) ? word : undefined;
}

function spelledOut(text: string, words: ReadonlyMap<string, string>): string {
  if (words.size === 0) return text;
  const short = new RegExp(`(${inWord})(\\.?)(?=([\\p{L}\\p{N}])?)`, "gu");
  return text.replace(short, (found, word, stop, next) => {
    const long = words.get(String(word).toLowerCase());
    if (long === undefined) return found;
    // "Apt.4" is two words: without its full stop a blank has to part them.
    return stop === "." && next !== undefined ? `${long} ` : long;
  });
}

function inCase(text: string, letters: Options["case"]): string {
  switch (letters) {
    case "title":
      return titleCase(text);
    case "upper":
      return text.toUpperCase();
    case "lower":
      return text.toLowerCase();
    case "keep":
      return text;
    default:
      return letters satisfies never;
  }
}
