import { join, sql } from "../../../mapping/sql.js";
import { decodeRow } from "../../../model/csv-dialect.js";
import type { Sql } from "../../../model/names.js";
import { recordBatches } from "../../../model/record-batches.js";
import { recordEnds } from "../../../model/record-scanner.js";
import { identifier, literal, trusted } from "../identifiers.js";
import type { FieldForm } from "./field-form.js";
import type { RowsToLoad } from "./load-text.js";
import { refusedValue } from "./refused.js";
import type { TargetConnection } from "./target-connection.js";
import { type Sent, warningsOf } from "./warnings.js";

/** Statements of about this many characters: a server that takes no more than 4 MB, as old ones do, takes these. */
const statementLength = 1_000_000;

/** Sends the rows by INSERT, many at a time: for servers that take no files. A row that is refused ends it at once. */
export async function insertRows(connection: TargetConnection, table: Sql, rows: RowsToLoad): Promise<Sent> {
  const columns = join(
    rows.forms.map(({ column }) => identifier(column.name)),
    ", ",
  );
  let rowCount = 0;
  for await (const values of statements(rows)) {
    const changed = await connection.execute(sql`INSERT INTO ${table} (${columns}) VALUES ${join(values, ", ")}`);
    rowCount += changed.rowCount;
    // Only those of the last statement can be asked for.
    const warnings = await warningsOf(connection, changed.warningCount);
    if (warnings.length > 0) return { rowCount, warningCount: changed.warningCount, warnings };
  }
  return { rowCount, warningCount: 0, warnings: [] };
}

async function* statements({ csv, forms }: RowsToLoad): AsyncGenerator<readonly Sql[]> {
  let [values, length, row]: [Sql[], number, number] = [[], 0, 0];
  for await (const batch of recordBatches(csv)) {
    let from = 0;
    for (const end of recordEnds(batch.csv)) {
      row += 1;
      const fields = decodeRow(batch.csv.toString("utf8", from, end));
      const one = forms.map((form, index) => valueSql(form, fields[index] ?? null) ?? refuse(form, row));
      const tuple = sql`(${join(one, ",")})`;
      values.push(tuple);
      length += tuple.length;
      from = end;
      if (length < statementLength) continue;
      yield values;
      [values, length] = [[], 0];
    }
  }
  if (values.length > 0) yield values;
}

function refuse({ column }: FieldForm, row: number): never {
  throw refusedValue({ column, row });
}

/** A value as a literal; undefined where the column would store it as another one. */
function valueSql({ column, end, convert, isBinary }: FieldForm, text: string | null): Sql | undefined {
  if (text === null) return column.nullable ? sql`NULL` : undefined;
  const value = Buffer.from(text);
  const stop = end === undefined ? value.length : end(value, 0, value.length);
  if (stop < 0) return undefined;
  const bytes = convert === undefined ? value.subarray(0, stop) : convert(value);
  if (bytes === undefined) return undefined;
  return isBinary ? trusted(`x'${bytes.toString("hex")}'`) : literal(bytes.toString());
}
