/**
 * The one CSV dialect between all stages, version 1: RFC 4180, UTF-8, LF, comma, header row. NULL is an unquoted `\N`,
 * the empty string an empty field, the text `\N` is quoted. Quotes stand only where they are needed.
 * It is what PostgreSQL writes and reads as `FORMAT csv, NULL '\N'`, so rows pass between server and file unchanged.
 */
export const dialect = {
  delimiter: ",",
  doubleQuote: true,
  header: true,
  lineTerminator: "\n",
  nullSequence: "\\N",
  quoteChar: '"',
} as const;

export const dialectVersion = 1;

export type CsvValue = string | null;

const needsQuotes = /[",\n\r]/;

/** One value as it stands in a file with two or more columns. */
export function encodeValue(value: CsvValue): string {
  if (value === null) return "\\N";
  return needsQuotes.test(value) || value === "\\N" ? `"${value.replaceAll('"', '""')}"` : value;
}

/** One row with its line feed. In a one-column file `""` and `"\."` are quoted: a blank line is no row to most readers. */
export function encodeRow(values: readonly CsvValue[]): string {
  const [only] = values;
  if (values.length === 1 && (only === "" || only === "\\.")) return `"${only}"\n`;
  return `${values.map(encodeValue).join(",")}\n`;
}

const quotedText = /"([^"]*(?:""[^"]*)*)"/y;
const plainText = /[^,\n]*/y;

/** The values of one whole record of a file, as `encodeRow` wrote it: the reverse of it. */
export function decodeRow(record: string): readonly CsvValue[] {
  const values: CsvValue[] = [];
  for (let at = 0; ; at += 1) {
    const isQuoted = record[at] === '"';
    const pattern = isQuoted ? quotedText : plainText;
    pattern.lastIndex = at;
    const [whole = "", inside = whole] = pattern.exec(record) ?? [];
    values.push(isQuoted ? inside.replaceAll('""', '"') : inside === "\\N" ? null : inside);
    at += whole.length;
    if (record[at] !== ",") return values;
  }
}
