import fc from "fast-check";
import type { CsvValue } from "../../../lib/model/csv-dialect.js";

/** What has broken CSV readers before: the marks of NULL and of the end, every line break, quotes, blanks, a BOM. */
const awkward = [
  "",
  "\\N",
  "\\.",
  "\\",
  '"',
  '""',
  '"\\N"',
  ",",
  "\n",
  "\r",
  "\r\n",
  "a\nb",
  " a ",
  "\ufeffa",
  "NULL",
  "\t",
  "|n",
  "é",
  "e\u0301",
  "𝔘🏳️‍🌈",
];

/** Any value a file may hold: NULL, what is awkward, any Unicode text. `nul: false` leaves out U+0000, which PostgreSQL cannot store. */
export function csvValues({ nul }: { readonly nul: boolean }): fc.Arbitrary<CsvValue> {
  const anyText = fc.string({ unit: "binary", maxLength: 12 });
  const text = nul ? anyText : anyText.map((value) => value.replaceAll("\0", "0"));
  return fc.oneof(
    fc.constant(null),
    fc.constantFrom(...awkward),
    text,
    fc.tuple(fc.constantFrom(...awkward), text).map((two) => two.join("")),
  );
}

/** Rows of one to four columns, all of the same length. */
export function csvTables(options: {
  readonly nul: boolean;
  readonly maxRows?: number;
}): fc.Arbitrary<readonly (readonly CsvValue[])[]> {
  return fc.integer({ min: 1, max: 4 }).chain((columns) =>
    fc.array(fc.array(csvValues(options), { minLength: columns, maxLength: columns }), {
      minLength: 1,
      maxLength: options.maxRows ?? 12,
    }),
  );
}
