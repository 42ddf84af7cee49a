import { ledgerColumns } from "../../lib/engine/output-sql.js";
import { keyText, number, readCsv, withPlaces } from "../../lib/engine/read-csv.js";
import { identifier, join, keyJson, literal, sql } from "../../lib/mapping/sql.js";
import type { Resource } from "../../lib/model/manifest.js";
import type { Sql } from "../../lib/model/names.js";
import { isReplay, lineageColumns } from "../../lib/model/resource.js";
import type { ReadPart } from "./transforms.js";

// Written places: of the rows of a ledger, the n-th that was written is the n-th row of the part. A ledger of exceptions
// lacks those rows: there the n-th row of the extract's part that no line speaks of is the n-th row of the part.

/** What a line of a ledger has to hold: the row's own key, or that of its winner. */
export interface LedgerCondition {
  /** The key in each extract. */
  readonly source: ReadonlyMap<string, Sql>;
  readonly target: Sql | undefined;
}

/** The lines of a ledger; of a full one `~place` says how many rows were written up to each, itself among them. */
function ledgerLines(folder: string, ledger: Resource): Sql {
  return sql`(SELECT row_number() OVER () - 1 AS "~line",
    count(*) FILTER (disposition = 'written') OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - 1 AS "~place", *
    FROM ${readCsv(folder, [ledger])})`;
}

const ownLine = join(ledgerColumns.map(identifier), ", ");

/**
 * Lines of a ledger that name the row, or a winner that may be it: line, place, whether by the source's key, by the
 * target's, then the ledger's columns.
 */
export function selectLines(folder: string, ledger: Resource, condition: LedgerCondition): Sql {
  const [own, winner] = [namedBy("", condition), namedBy("winner_", condition)];
  return sql`SELECT "~line", "~place", ${own.source}, ${own.target}, ${ownLine} FROM ${ledgerLines(folder, ledger)}
    WHERE ${own.source} OR ${own.target} OR ${winner.source} OR ${winner.target}`;
}

function namedBy(prefix: string, { source, target }: LedgerCondition): { readonly source: Sql; readonly target: Sql } {
  const column = (name: string): Sql => identifier(`${prefix}${name}`);
  const byExtract = [...source].map(
    ([extract, key]) => sql`(${column("extract")} = ${literal(extract)} AND ${column("key")} = ${key})`,
  );
  return {
    source: sql`coalesce(${byExtract.length === 0 ? sql`false` : join(byExtract, " OR ")}, false)`,
    target: target === undefined ? sql`false` : sql`coalesce(${column("target_key")} = ${target}, false)`,
  };
}

/** The rows of an extract's part, numbered from 0, with their keys as ledgers hold them. */
function sourceRows({ extract: { folder, manifest }, part }: ReadPart): Sql {
  const key = isReplay(manifest)
    ? identifier(lineageColumns[0])
    : keyText((manifest._waybill.details.key ?? []) as readonly string[]);
  const occurrence = isReplay(manifest) ? sql`${identifier(lineageColumns[1])}::BIGINT` : sql`NULL::BIGINT`;
  return sql`SELECT row_number() OVER () - 1 AS row, ${number(indexIn(part))} AS part, ${key} AS key, ${occurrence} AS told FROM ${readCsv(folder, [part])}`;
}

const indexIn = ({ path }: Resource): number => Number(/\d+/.exec(path)?.[0] ?? 0);

/** Places, in a part of an extract, of the rows with a key. */
export function selectKeyed(part: ReadPart, key: Sql): Sql {
  return sql`SELECT row FROM (${sourceRows(part)}) WHERE key = ${key} ORDER BY row`;
}

/** Places, in a part of a transform, of the rows that these columns name so. */
export function selectWritten(
  folder: string,
  part: Resource,
  { columns, key }: { readonly columns: readonly string[]; readonly key: Sql },
): Sql {
  const names = part.schema.fields.map(({ name }) => name);
  const values = columns.map((name) => identifier(`c${names.indexOf(name)}`));
  const rows = readCsv(folder, withPlaces([part]));
  return sql`SELECT row FROM (SELECT row_number() OVER () - 1 AS row, * FROM ${rows}) WHERE ${keyJson(values)} = ${key}`;
}

/** The rows of a part of an extract beside a ledger that speaks only of those that were not simply written. */
export interface Beside {
  readonly part: ReadPart;
  /** Earlier parts of the same extract that may hold rows of the same keys. */
  readonly earlier: readonly ReadPart[];
  /** undefined: nothing was transformed yet. */
  readonly ledger: { readonly folder: string; readonly file: Resource } | undefined;
}

/**
 * Rows of an extract's part: row, place in the part of the transform, line of the ledger, key, occurrence, then the
 * ledger's columns, all NULL for a row that was written. `wanted` is asked of these rows as `r`.
 */
export function selectBeside({ part, earlier, ledger }: Beside, wanted: Sql): Sql {
  const rows = join([...earlier, part].map(sourceRows), " UNION ALL ");
  const lines =
    ledger === undefined
      ? sql`(SELECT NULL::BIGINT AS "~line", ${join(
          ledgerColumns.map((name) => sql`NULL::VARCHAR AS ${identifier(name)}`),
          ", ",
        )} WHERE false)`
      : ledgerLines(ledger.folder, ledger.file);
  return sql`SELECT row, place, line, row_key, number, ${ownLine} FROM (
    SELECT n.row, n.row - count(l."~line") OVER (ORDER BY n.row ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS place,
      l."~line" AS line, n.key AS row_key, n.number, ${join(
        ledgerColumns.map((name) => sql`l.${identifier(name)}`),
        ", ",
      )}
    FROM (SELECT *, coalesce(told, row_number() OVER (PARTITION BY key ORDER BY part, row)) AS number FROM (${rows})) AS n
    LEFT JOIN ${lines} AS l ON l.key IS NOT DISTINCT FROM n.key AND l.occurrence::BIGINT = n.number
    WHERE n.part = ${number(indexIn(part.part))}) AS r WHERE ${wanted} ORDER BY row`;
}
