import type { Sql } from "../../model/names.js";
import type { TestDialect } from "../answer-test.js";
import { type FoundTable, findTable } from "./catalog.js";
import type { Connection } from "./connection.js";
import { identifier, identifiers, joined, literal, sql, trusted } from "./identifiers.js";

/** The table that is asked. */
export interface AskedTable {
  readonly table: FoundTable;
  /** Those of its rows that are asked about, as a fragment of FROM without an alias: all, or ours beside those of others. */
  readonly rows: Sql;
}

/** What tests ask of a table, in PostgreSQL's words. Each statement gives one row with one number, `count`. */
export function testDialect(connection: Connection, { table, rows }: AskedTable): TestDialect {
  const rowsWhere = (condition: Sql): Sql => sql`SELECT count(*) FROM ${rows} AS these WHERE ${condition}`;
  return {
    countRows: () => rowsWhere(sql`true`),
    countRepeated: (columns) => countRepeated({ table, rows }, names(columns)),
    countNulls: (columns) => {
      const anyNull = columns.map(({ name }) => sql`${identifier(name)} IS NULL`);
      return rowsWhere(joined(anyNull, " OR "));
    },
    countUnaccepted: ({ name, databaseType }, values) => {
      const list = values.map((value) => readAs(databaseType, value));
      const accepted = list.length === 0 ? sql`false` : sql`${identifier(name)} IN (${joined(list)})`;
      return rowsWhere(sql`${identifier(name)} IS NOT NULL AND NOT (${accepted})`);
    },
    countOutside: async ({ name, databaseType }, { min, max }) => {
      const bounds = [
        ...(min === undefined ? [] : [sql`${identifier(name)} < ${readAs(databaseType, min)}`]),
        ...(max === undefined ? [] : [sql`${identifier(name)} > ${readAs(databaseType, max)}`]),
      ];
      return rowsWhere(joined(bounds, " OR "));
    },
    countUnlike: ({ name }, pattern) => rowsWhere(sql`${identifier(name)}::text !~ ${literal(pattern)}`),
    countFound: (select) => sql`SELECT count(*) AS count FROM (\n${trusted(select)}\n) AS found`,
    countRowsOf: async (written) => sql`SELECT count(*) FROM ${(await findTable(connection, written)).sql} WHERE true`,
    latest: async ({ name }, { count, unit }) => {
      const latest = sql`max(${identifier(name)})`;
      const [row] = await connection.query<{ fresh: string | null; hours: string | null }>(
        sql`SELECT ${latest} >= now() - ${literal(`${count} ${unit}`)}::interval AS fresh,
              round(extract(epoch FROM now() - ${latest}::timestamptz) / 3600, 1) AS hours FROM ${rows} AS these`,
      );
      return row?.hours == null ? undefined : { isFresh: row.fresh === "t", hours: row.hours };
    },
  };
}

const names = (columns: readonly { readonly name: string }[]): readonly string[] => columns.map(({ name }) => name);

function readAs(databaseType: string, value: string): Sql {
  return sql`${literal(value)}::${trusted(databaseType)}`;
}

// A value of ours that somebody else's row has too is repeated; one that only others repeat is their affair.
function countRepeated({ table, rows }: AskedTable, columns: readonly string[]): Sql {
  const present = joined(
    columns.map((name) => sql`${identifier(name)} IS NOT NULL`),
    " AND ",
  );
  const names = identifiers(columns);
  const ofOurs = table.sql === rows ? sql`` : sql` AND (${names}) IN (SELECT ${names} FROM ${rows} AS these)`;
  return sql`SELECT count(*) FROM (SELECT FROM ${table.sql} WHERE ${present}${ofOurs} GROUP BY ${names} HAVING count(*) > 1) AS repeated`;
}
