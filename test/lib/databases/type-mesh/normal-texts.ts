import { findTable } from "../../../../lib/databases/mysql/catalog.js";
import { comparedColumns } from "../../../../lib/databases/mysql/checks/compare-columns.js";
import * as mysql from "../../../../lib/databases/mysql/checks/normal-text.js";
import { describeTable } from "../../../../lib/databases/mysql/describe-table.js";
import { connectTarget } from "../../../../lib/databases/mysql/load/target-connection.js";
import type { DatabaseColumn } from "../../../../lib/databases/port.js";
import { connect } from "../../../../lib/databases/postgres/connection.js";
import { identifier } from "../../../../lib/databases/postgres/identifiers.js";
import * as postgres from "../../../../lib/databases/postgres/normal-text.js";
import { openEngine } from "../../../../lib/engine/duckdb.js";
import { fileText, type NormalForm } from "../../../../lib/mapping/normal-forms.js";
import { join, literal, number, sql } from "../../../../lib/mapping/sql.js";
import type { TestDatabase } from "../../../support/postgres.js";

/** A table `(id, v)`, and its values as a server makes their normal texts, in the order of the ids. */
export interface NormalTexts {
  readonly form: NormalForm;
  readonly texts: readonly (string | null)[];
}

/** Of each table's `v`, as the catalog describes it; undefined where no form is proven. */
export type ReadNormalTexts = (
  database: TestDatabase,
  columns: readonly DatabaseColumn[],
) => Promise<readonly (NormalTexts | undefined)[]>;

/** The tables are `mesh_0`, `mesh_1` and so on. */
export const normalTextsOfPostgres: ReadNormalTexts = async (database, columns) => {
  const connection = await connect(database.url, { application: "waybill/test" });
  const all: (NormalTexts | undefined)[] = [];
  for (const [index, { valueType, databaseType }] of columns.entries()) {
    const form = postgres.normalFormOf(valueType ?? databaseType);
    const text = form === undefined ? sql`''` : postgres.normalText(form, identifier("v"));
    const found = await connection.query<{ text: string }>(
      sql`SELECT ${text} AS text FROM ${identifier(`mesh_${index}`)} ORDER BY id`,
    );
    all.push(form === undefined ? undefined : { form, texts: found.map((row) => row.text) });
  }
  await connection.close();
  return all;
};

/** The same in MySQL. */
export const normalTextsOfMysql: ReadNormalTexts = async (database, columns) => {
  const connection = await connectTarget(database.url, { application: "waybill/test", access: "write" });
  const all: (NormalTexts | undefined)[] = [];
  for (const index of columns.keys()) {
    const table = await findTable(connection, `mesh_${index}`);
    const description = await describeTable(connection, table);
    const [column] = await comparedColumns(connection, { table, description }, ["v"]);
    const form = column === undefined ? undefined : mysql.normalFormOf(column);
    const text = form === undefined || column === undefined ? sql`''` : mysql.normalText(form, column);
    const found = await connection.query(sql`SELECT ${text} FROM ${table.sql} AS source ORDER BY id`);
    all.push(form === undefined ? undefined : { form, texts: found.map(([one = null]) => one) });
  }
  await connection.close();
  return all;
};

/** What is made of the texts of files, one list for each form. */
export async function normalTextsOfFiles(
  files: readonly { readonly form: NormalForm | undefined; readonly texts: readonly string[] }[],
): Promise<readonly (readonly (string | null)[])[]> {
  const engine = await openEngine({ folders: [] });
  try {
    const connection = await engine.connect();
    const all: (readonly (string | null)[])[] = [];
    for (const { form, texts } of files) {
      const values = join(
        texts.map((text, index) => sql`(${number(index)}, ${literal(text)})`),
        ", ",
      );
      const rows =
        form === undefined || texts.length === 0
          ? []
          : await connection.rows(sql`SELECT ${fileText(form, sql`v`)} FROM (VALUES ${values}) AS t(n, v) ORDER BY n`);
      all.push(rows.map(([text = null]) => text));
    }
    return all;
  } finally {
    engine.close();
  }
}
