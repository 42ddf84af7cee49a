import { CsvError, parse } from "csv-parse/sync";
import type { SpecificationFile } from "./migration.js";
import { assertNoProblems, type Problem } from "./problems.js";

/** The rows of a lookup file as text; null is NULL, an unquoted `\N`. Each row knows the line it ends on. */
export interface Lookup {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly lines: readonly number[];
}

/** Reads a lookup file: CSV after RFC 4180, UTF-8, with a header. Throws "specification" with file and line. */
export function parseLookup(file: SpecificationFile): Lookup {
  const { lookup, problems } = readLookup(file);
  assertNoProblems(problems);
  return lookup;
}

/** The same, with the problems handed back instead of thrown. */
export function readLookup({ path, content }: SpecificationFile): { lookup: Lookup; problems: readonly Problem[] } {
  try {
    const lookup = lookupOf(content);
    return { lookup, problems: headerProblems(path, lookup.columns) };
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return { lookup: { columns: [], rows: [], lines: [] }, problems: [{ ...problem, file: path }] };
  }
}

function lookupOf(content: Buffer): Lookup {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
  const rows: (readonly (string | null)[])[] = [];
  const lines: number[] = [];
  parse(text, {
    record_delimiter: ["\r\n", "\n"],
    skip_empty_lines: true,
    cast: (value, { quoting }) => (value === "\\N" && !quoting ? null : value),
    on_record: (row: readonly (string | null)[], info) => {
      rows.push(row);
      lines.push(info.lines);
      return null;
    },
  });
  const [header = [], ...body] = rows;
  return { columns: header.map((name) => name ?? ""), rows: body, lines: lines.slice(1) };
}

function headerProblems(file: string, columns: readonly string[]): readonly Problem[] {
  if (columns.length === 0)
    return [{ file, line: 1, text: "the file has no header", hint: "name the columns in line 1" }];
  // DuckDB, where the lookup is joined, does not tell names apart by case.
  const names = columns.map((name) => name.toLowerCase());
  return columns
    .filter((_, index) => names.indexOf(names[index] ?? "") < index)
    .map((name) => ({
      file,
      line: 1,
      text: `column ${JSON.stringify(name)} stands twice`,
      hint: "rename one of the two",
    }));
}

function problemOf(error: unknown): Omit<Problem, "file"> | undefined {
  const hint = "write CSV with a header, as wide in every line, in UTF-8";
  if (error instanceof CsvError) return { line: Number(error.lines), text: faults[error.code] ?? "not CSV", hint };
  return error instanceof TypeError ? { line: 1, text: "the file is not UTF-8", hint } : undefined;
}

/** csv-parse's own messages quote the line, and with it values of the data. */
const faults: Readonly<Record<string, string>> = {
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: "the line has more or fewer values than the header",
  CSV_QUOTE_NOT_CLOSED: "a quote is not closed",
};
