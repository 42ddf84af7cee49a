import type { PlacedRow } from "../../lib/files/csv-rows.js";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import { StageError } from "../../lib/model/errors.js";
import { nearest } from "../../lib/model/nearest.js";

type Row = readonly CsvValue[];

/** One rejected row after somebody corrected it. */
export interface CorrectedRow {
  /** Where it stands in the file that was handed in. */
  readonly line: number;
  readonly identity: string;
  readonly extract: string;
  /** The rule that had rejected it. */
  readonly rule: string;
  /** By the names of the rejects file's columns. */
  readonly values: Readonly<Record<string, CsvValue>>;
}

export interface Rejected {
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<Row>;
  /** The columns of each extract, and those of them that name its rows: none where the whole row is the key. */
  readonly extracts: ReadonlyMap<string, { readonly columns: readonly string[]; readonly key: readonly string[] }>;
}

/** Which row of the source a row is, as one text. */
export function identityOf(extract: CsvValue, key: CsvValue, occurrence: CsvValue): string {
  return JSON.stringify([extract, key, occurrence]);
}

const words = ["_rule", "_reason"];
const names = ["_extract", "_key", "_occurrence"];
const mostProblems = 20;

/**
 * The corrected rows of a file in the order of the rejects they correct. 65 with every problem and its line when a column
 * is not known, a row is none of the rejects, comes twice, or bears another key than the row it corrects.
 */
export async function matchCorrections(
  file: string,
  [header, ...rows]: readonly PlacedRow[],
  rejected: Rejected,
): Promise<readonly CorrectedRow[]> {
  const columns = (header?.row ?? []).map((name) => name ?? "");
  assertNone(file, headerProblems(columns, rejected.columns));
  if (rows.length === 0) assertNone(file, ["it holds no row"]);
  const problems: string[] = [];
  const handedIn = new Map<string, { readonly line: number; readonly values: CorrectedRow["values"] }>();
  for (const { line, row } of rows) {
    const values = Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null]));
    const identity = identityOf(values._extract ?? null, values._key ?? null, values._occurrence ?? null);
    const twin = handedIn.get(identity);
    if (row.length !== columns.length)
      problems.push(`line ${line}: ${row.length} values for ${columns.length} columns`);
    else if (twin !== undefined) problems.push(`line ${line}: the row of line ${twin.line} comes a second time`);
    else handedIn.set(identity, { line, values });
  }
  const matched: CorrectedRow[] = [];
  for await (const row of rejected.rows) {
    const before = Object.fromEntries(rejected.columns.map((name, at) => [name, row[at] ?? null]));
    const identity = identityOf(before._extract ?? null, before._key ?? null, before._occurrence ?? null);
    const found = handedIn.get(identity);
    if (found === undefined) continue;
    handedIn.delete(identity);
    const extract = before._extract ?? "";
    problems.push(...rowProblems(found, before, rejected.extracts.get(extract)));
    matched.push({ ...found, identity, extract, rule: before._rule ?? "" });
  }
  for (const { line } of handedIn.values())
    problems.push(`line ${line}: no rejected row has its _extract, _key and _occurrence`);
  assertNone(file, problems);
  return matched;
}

function headerProblems(columns: readonly string[], known: readonly string[]): readonly string[] {
  const needed = known.filter((name) => !words.includes(name));
  const missing = needed.filter((name) => !columns.includes(name)).map((name) => `line 1: it has no column ${name}`);
  const doubled = columns
    .filter((name, at) => columns.indexOf(name) !== at)
    .map((name) => `line 1: it has ${name} twice`);
  const unknown = columns
    .filter((name) => !known.includes(name))
    .map((name) => {
      const similar = nearest(name, known);
      return `line 1: it has a column ${name}, which the source has not${similar === undefined ? "" : `; did you mean ${similar}?`}`;
    });
  return [...missing, ...doubled, ...unknown];
}

function rowProblems(
  { line, values }: Pick<CorrectedRow, "line" | "values">,
  before: CorrectedRow["values"],
  extract: { readonly columns: readonly string[]; readonly key: readonly string[] } | undefined,
): readonly string[] {
  const key = extract?.key ?? [];
  const changed = key
    .filter((name) => values[name] !== before[name])
    .map((name) => `line ${line}: its key ${name} was changed`);
  const own = extract?.columns ?? [];
  const others = Object.keys(values).filter((name) => ![...words, ...names, ...own].includes(name));
  const foreign = others
    .filter((name) => values[name] !== null)
    .map((name) => `line ${line}: ${name} is no column of its extract; leave \\N there`);
  return [...changed, ...foreign];
}

/** Refuses a file for its problems, all at once. */
export function assertNone(file: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, mostProblems).map((problem) => `${file}, ${problem}`);
  const more = problems.length > mostProblems ? [`… and ${problems.length - mostProblems} more`] : [];
  throw new StageError("integrity", [...shown, ...more].join("\n"), "mend the file; nothing was replayed");
}
