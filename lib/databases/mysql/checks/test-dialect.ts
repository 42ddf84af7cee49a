import { join, sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import type { TestDialect } from "../../answer-test.js";
import type { DatabaseColumn } from "../../port.js";
import { parenthesised } from "../../source-sql.js";
import { type FoundTable, findTable } from "../catalog.js";
import { among, fileText, sortable, source, typed } from "../column-text.js";
import { baseType, kindOf } from "../column-types.js";
import type { Connection } from "../connection.js";
import { literal, trusted } from "../identifiers.js";

/** The table that is asked. */
export interface AskedTable {
  readonly table: FoundTable;
  /** Those of its rows that are asked about, as a fragment of FROM without an alias: all, or ours beside those of others. */
  readonly rows: Sql;
}

/** What tests ask of a table, in MySQL's words. Each statement gives one line with one number. */
export function testDialect(connection: Connection, { table, rows }: AskedTable): TestDialect {
  const rowsWhere = (condition: Sql): Sql => sql`SELECT count(*) FROM ${rows} AS source WHERE ${condition}`;
  return {
    countRows: () => rowsWhere(sql`true`),
    countRepeated: (columns) => {
      const present = join(
        columns.map((column) => sql`${source(column)} IS NOT NULL`),
        " AND ",
      );
      // Byte by byte: what a collation takes for one and the same are two values.
      const values = join(
        columns.map((column) => sortable(column)),
        ", ",
      );
      // A value of ours that somebody else's row has too is repeated; one that only others repeat is their affair.
      const ofOurs = table.sql === rows ? sql`` : sql` AND (${values}) IN (SELECT ${values} FROM ${rows} AS source)`;
      return sql`SELECT count(*) FROM (SELECT 1 FROM ${table.sql} AS source WHERE ${present}${ofOurs} GROUP BY ${values} HAVING count(*) > 1) AS repeated`;
    },
    countNulls: (columns) =>
      rowsWhere(
        join(
          columns.map((column) => sql`${source(column)} IS NULL`),
          " OR ",
        ),
      ),
    countUnaccepted: (column, values) => {
      const loaded = values.map((value) => asLoaded(column, value));
      const accepted = loaded.length === 0 ? sql`false` : among(column, loaded);
      return rowsWhere(sql`${source(column)} IS NOT NULL AND NOT (${accepted})`);
    },
    countOutside: async (column, { min, max }) => {
      const bounds = [
        ...(min === undefined ? [] : [sql`${sortable(column)} < ${await bound(connection, column, min)}`]),
        ...(max === undefined ? [] : [sql`${sortable(column)} > ${await bound(connection, column, max)}`]),
      ];
      return rowsWhere(join(bounds, " OR "));
    },
    // A collation of its own: by the column's, an expression might find capitals for small letters.
    countUnlike: (column, pattern) =>
      rowsWhere(sql`NOT (convert(${fileText(column)} USING utf8mb4) COLLATE utf8mb4_bin REGEXP ${literal(pattern)})`),
    countFound: (select) => sql`SELECT count(*) FROM ${parenthesised(select)} AS found`,
    countRowsOf: async (written) => sql`SELECT count(*) FROM ${(await findTable(connection, written)).sql}`,
    latest: async (column, { count, unit }) => {
      const latest = sql`max(${source(column)})`;
      const age = sql`INTERVAL ${trusted(String(count))} ${trusted(unit.replace(/s$/, ""))}`;
      const [[fresh = null, hours = null] = []] = await connection.query(
        sql`SELECT ${latest} >= now(6) - ${age}, round(timestampdiff(SECOND, ${latest}, now(6)) / 3600, 1) FROM ${rows} AS source`,
      );
      return hours === null ? undefined : { isFresh: fresh === "1", hours };
    },
  };
}

// The specification's words for true and false, which load writes as digits.
function asLoaded({ databaseType }: DatabaseColumn, value: string): string {
  const isTruth = (value === "t" || value === "f") && /^(?:tinyint|bit\(1\))/.test(databaseType);
  return isTruth ? String(Number(value === "t")) : value;
}

const momentTypes: Readonly<Record<string, Sql>> = {
  date: sql`date`,
  datetime: sql`datetime(6)`,
  timestamp: sql`datetime(6)`,
  time: sql`time(6)`,
};

// The server would compare with a text that is no date as well, and find nothing outside it.
async function bound(connection: Connection, column: DatabaseColumn, value: string): Promise<Sql> {
  const read = typed(column, value);
  const type = momentTypes[baseType(column.databaseType)];
  if (type === undefined || !["moment", "timestamp"].includes(kindOf(column))) return read;
  const [[isNone] = []] = await connection.query(sql`SELECT cast(${read} AS ${type}) IS NULL`);
  if (isNone === "0") return sql`cast(${read} AS ${type})`;
  throw new StageError(
    "specification",
    `range of ${column.name}: a bound is none of ${column.databaseType}`,
    "write dates as 2024-12-31, with a time as 2024-12-31 23:59:59",
  );
}
