import { text } from "node:stream/consumers";
import type { CheckRequest, Checks, Comparison } from "../../../lib/databases/checks-port.js";
import type { PartToLoad } from "../../../lib/databases/target-port.js";
import { encodeRow } from "../../../lib/model/csv-dialect.js";
import { part } from "./postgres/load/loading.js";

/** More rows than are compared by value while all others are known to be equal. */
export const rowCount = 21_000;

const edges = [0, 9000, 15_000, rowCount];

const notes = (index: number): string | null =>
  index % 7 === 0 ? null : index % 7 === 1 ? `a "${index}",\nb` : `note ${index}`;

function partsOf(zeros: string): readonly PartToLoad[] {
  const lines = Array.from({ length: rowCount }, (_, index) =>
    encodeRow([String(index + 1), String(index / 4), `${index}.${zeros}`, notes(index)]).slice(0, -1),
  );
  return edges.slice(0, -1).map((edge, index) => part(lines.slice(edge, edges[index + 1]), { name: `part-${index}` }));
}

/** The rows of `facts` in three parts, as its columns print them. */
export const asPrinted = partsOf("00");

/** The same, all of them spelled otherwise. */
export const otherwise = partsOf("0");

// As three parts leave them that arrive at once: some rows of one, some of the next.
const inTurn = Array.from({ length: rowCount }, (_, index) => {
  const start = edges.findLast((edge) => edge <= index) ?? 0;
  return { index, start, turn: Math.floor((index - start) / 90) };
}).sort((one, other) => one.turn - other.turn || one.start - other.start || one.index - other.index);

const values = inTurn.map(({ index }) => {
  const note = notes(index);
  return `(${index + 1}, ${index / 4}, ${index}, ${note === null ? "NULL" : `'${note}'`})`;
});

/** Makes `facts`, and `original` beside it, with all these rows and no key of the catalog's. */
export const factsSql = `CREATE TABLE original (id integer, ratio double precision, price numeric(12,2), note varchar(40));
  INSERT INTO original VALUES ${values.join()};
  CREATE TABLE facts (id integer, ratio double precision, price numeric(12,2), note varchar(40));
  INSERT INTO facts SELECT * FROM original`;

/** What comparing `facts` with the parts asks for. */
export function factsRequest(parts: readonly PartToLoad[], key: readonly string[] = ["id"]): CheckRequest {
  return { table: "facts", columns: ["id", "ratio", "price", "note"], key, allRows: true, parts };
}

interface Outcome {
  readonly comparison: Comparison;
  readonly lines: string;
}

/** Compares `facts` with the parts: what is found, and the first lines of the differences. */
export function compareFacts(
  as: Checks,
  parts: readonly PartToLoad[],
  key: readonly string[] = ["id"],
): Promise<Outcome> {
  return as.checkTable(factsRequest(parts, key), async (table) => {
    const comparison = await table.compare();
    return { comparison, lines: await text(table.differences(comparison, 100).rows) };
  });
}
