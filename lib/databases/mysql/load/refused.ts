import { StageError } from "../../../model/errors.js";
import type { DatabaseColumn } from "../../port.js";
import type { Refusal } from "../../quarantine-port.js";
import { withoutData, withWords, wordsOf } from "../server-errors.js";

/** The server's numbers of what it says where a row contradicts a table: a value that does not fit, a key, a CHECK. */
const refusals = new Set([
  1048, 1062, 1169, 1216, 1263, 1264, 1265, 1292, 1364, 1366, 1367, 1406, 1416, 1452, 1586, 1644, 1690, 3140, 3156,
  3819, 3903, 4025, 1300, 1411, 1441, 1526, 1557, 1748, 1761, 1859,
]);

/** The number of the server's refusal of a row behind an error; undefined where it is another failure. */
export function refusalOf(error: unknown): number | undefined {
  const cause = error instanceof StageError ? error.cause : undefined;
  const number = cause instanceof Error && "errno" in cause && typeof cause.errno === "number" ? cause.errno : 0;
  return refusals.has(number) ? number : undefined;
}

// Which message names its constraint where: anywhere else such words may be part of a value.
const namers: readonly (readonly [ReadonlySet<number>, RegExp])[] = [
  [new Set([1062, 1169, 1586, 1859]), / for key '([^']+)'$/],
  [new Set([1216, 1452, 4025]), /CONSTRAINT `((?:[^`]|``)+)`/],
  [new Set([3819]), /^Check constraint '([^']+)'/],
];

/** What the server has against a row of a table behind an error, word for word; undefined where it is another failure. */
export function refusalIn(error: unknown, table: string): Refusal | undefined {
  const number = refusalOf(error);
  if (number === undefined || !(error instanceof StageError)) return undefined;
  const said = wordsOf(error) ?? error.message;
  const [, line] = / at row (\d+)$/.exec(said) ?? [];
  const [, constraint = null] = namers.find(([numbers]) => numbers.has(number))?.[1].exec(said) ?? [];
  return {
    code: String(number),
    // MySQL names a key with its table, MariaDB without.
    constraint: constraint?.startsWith(`${table}.`) ? constraint.slice(table.length + 1) : constraint,
    // Where it stood among those that were sent together says nothing of where it stands in its part.
    message: said.replace(/ at row \d+$/, ""),
    line: line === undefined ? undefined : Number(line),
  };
}

/** A value that the column would store as another one: it was not sent. It counts as refused by the server. */
export function refusedValue({
  column,
  row,
}: {
  readonly column: Pick<DatabaseColumn, "name" | "databaseType" | "nullable">;
  readonly row: number;
}): StageError {
  const { name, databaseType, nullable } = column;
  const type = `${databaseType}${nullable ? "" : " NOT NULL"}`;
  return new StageError(
    "integrity",
    `row ${row}, column ${name}: the value does not fit into ${type} as it is`,
    "correct the mapping of that column, or alter the table",
    withWords(
      Object.assign(new Error("refused before it was sent"), { errno: 1265 }),
      `Column '${name}' does not hold the value as it is: it is ${type} at row ${row}`,
    ),
  );
}

/** What the server said of a statement's rows: its level, number and sentence. */
export type Warning = readonly (string | null)[];

const shownWarnings = 3;

/** The first warnings as a person may read them: the column and the row where the server names them, never a value. */
export function refusedRows(place: string, warnings: readonly Warning[], count: number): StageError {
  const said = warnings
    .slice(0, shownWarnings)
    .map(([, number, message]) => `${withoutData(Number(number), message ?? "")} (${number})`);
  const more = count > said.length ? `\n  and ${count - said.length} more` : "";
  const numbers = warnings.map(([, number]) => Number(number));
  const errno = numbers.find((number) => refusals.has(number)) ?? numbers[0];
  return new StageError(
    "integrity",
    `${place}: the server did not take all rows as they are; nothing was kept\n  ${said.join("\n  ")}${more}`,
    "correct the mapping, or the target's table",
    withWords(
      Object.assign(new Error(`the server's warning ${errno}`), { errno }),
      warnings[Math.max(0, numbers.indexOf(errno ?? 0))]?.[2] ?? "",
    ),
  );
}
