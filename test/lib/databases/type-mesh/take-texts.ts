import { columnsOf, findTable } from "../../../../lib/databases/mysql/catalog.js";
import { fieldForm } from "../../../../lib/databases/mysql/load/field-form.js";
import { loadPart } from "../../../../lib/databases/mysql/load/load-part.js";
import { connectTarget, type TargetConnection } from "../../../../lib/databases/mysql/load/target-connection.js";
import { connect } from "../../../../lib/databases/postgres/connection.js";
import { copyPart } from "../../../../lib/databases/postgres/copy-part.js";
import { identifier } from "../../../../lib/databases/postgres/identifiers.js";
import type { PartToLoad } from "../../../../lib/databases/target-port.js";
import { sql } from "../../../../lib/mapping/sql.js";
import { encodeRow } from "../../../../lib/model/csv-dialect.js";
import { StageError } from "../../../../lib/model/errors.js";
import type { Sql } from "../../../../lib/model/names.js";
import type { TestDatabase } from "../../../support/postgres.js";
import { part } from "../postgres/load/loading.js";

/** A table `(id, v)` and the texts that are to go into `v`. */
export interface Offered {
  readonly table: string;
  readonly type: string;
  readonly texts: readonly string[];
}

/** Loads into each table the texts that it takes, as load would, and gives these; the id of a row is its place among them. */
export type TakeTexts = (
  database: TestDatabase,
  offered: readonly Offered[],
) => Promise<readonly (readonly string[])[]>;

/** Rows `(id, text)` as a part. */
export function partOf(texts: readonly string[]): PartToLoad {
  return part(texts.map((text, index) => encodeRow([String(index), text]).slice(0, -1)));
}

/** By COPY: a text that is no value of the column is an error of the server's. */
export const takePostgres: TakeTexts = async (database, offered) => {
  const connection = await connect(database.url, { application: "waybill/test" });
  try {
    const taken: (readonly string[])[] = [];
    for (const { table, type, texts } of offered) {
      const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
      const valid = await database.query(
        `SELECT place FROM unnest(ARRAY[${texts.map(quoted).join(", ")}]::text[]) WITH ORDINALITY AS given(one, place)
         WHERE pg_input_is_valid(one, ${quoted(type)})`,
      );
      const own = valid.map(({ place }) => texts[Number(place) - 1] ?? "");
      await copyPart(connection, { sql: identifier(table), name: table, columns: ["id", "v"] }, partOf(own));
      taken.push(own);
    }
    return taken;
  } finally {
    await connection.close();
  }
};

/** By LOAD DATA: a text that is no value of the column is refused before it is sent, or by a warning of the server's. */
export const takeMysql: TakeTexts = async (database, offered) => {
  const connection = await connectTarget(database.url, { application: "waybill/test", access: "write" });
  try {
    const taken: (readonly string[])[] = [];
    for (const one of offered) taken.push(await takeOne(connection, one));
    return taken;
  } finally {
    await connection.close();
  }
};

async function takeOne(connection: TargetConnection, { table, texts }: Offered): Promise<readonly string[]> {
  const found = await findTable(connection, table);
  const columns = await columnsOf(connection, found.place);
  const form = fieldForm(columns[1] ?? ({ name: "v", databaseType: "text", nullable: true } as never));
  let own = texts.filter((text) => {
    const bytes = Buffer.from(text);
    return (
      (form.end?.(bytes, 0, bytes.length) ?? 0) >= 0 &&
      (form.convert === undefined || form.convert(bytes) !== undefined)
    );
  });
  const load = (some: readonly string[]) =>
    connection.transaction(() => loadPart(connection, { sql: found.sql, name: table, columns }, partOf(some)));
  for (;;) {
    const refused = await load(own).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refused === undefined) return own;
    const rows = rowsNamed(refused);
    own =
      rows.length > 0
        ? own.filter((_, index) => !rows.includes(index + 1))
        : await oneByOne(own, load, connection, found.sql);
  }
}

// A CHECK says no row.
async function oneByOne(
  texts: readonly string[],
  load: (texts: readonly string[]) => Promise<void>,
  connection: TargetConnection,
  table: Sql,
): Promise<string[]> {
  const own: string[] = [];
  for (const text of texts) {
    const isTaken = await load([text]).then(
      () => true,
      () => false,
    );
    if (isTaken) own.push(text);
    await connection.execute(sql`DELETE FROM ${table}`);
  }
  return own;
}

/** The rows that a refusal names: `… at row 3`, `row 3, column v`. */
function rowsNamed(error: unknown): readonly number[] {
  if (!(error instanceof StageError)) return [];
  return [...error.message.matchAll(/\brow (\d+)/g)].map(([, row]) => Number(row));
}
