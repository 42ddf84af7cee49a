// What holds of a part on its way into a table:
// 1. It has arrived when the server counts the rows that the manifest promises, and warns of nothing.
// 2. Else the caller's transaction must not commit: this throws. Under LOCAL the server itself only warns.
// 3. Rows that break off end the session, and with it the transaction.
import { join, sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import type { DatabaseColumn } from "../../port.js";
import type { PartToLoad } from "../../target-port.js";
import { identifier, literal, trusted } from "../identifiers.js";
import { type FieldForm, fieldForm } from "./field-form.js";
import { insertRows } from "./insert-rows.js";
import { loadText, type RowsToLoad } from "./load-text.js";
import { refusalOf, refusedRows } from "./refused.js";
import type { TargetConnection } from "./target-connection.js";
import { type Sent, warningsOf } from "./warnings.js";

/** Where a part goes: the table in quotes, its name as the specification writes it, and the columns the part holds. */
export interface LoadGoal {
  readonly sql: Sql;
  readonly name: string;
  /** As the catalog describes them, in the order of the part. */
  readonly columns: readonly DatabaseColumn[];
}

/**
 * Loads one part into a table, permanent or temporary, inside the caller's transaction: by LOAD DATA LOCAL where the server
 * allows it, else by INSERT. Throws unless every row arrived as it is.
 */
export async function loadPart(connection: TargetConnection, goal: LoadGoal, part: PartToLoad): Promise<void> {
  const place = `${goal.name}, ${part.name}`;
  const { rowCount, warningCount, warnings } = await sendRows(connection, goal, part).catch((error: unknown) => {
    throw placed(error, place);
  });
  if (warnings.length > 0) throw refusedRows(place, warnings, warningCount);
  if (rowCount === part.rowCount) return;
  throw new StageError(
    "integrity",
    `${goal.name}: the manifest promises ${part.rowCount} rows in ${part.name}, the target took ${rowCount}; nothing was kept`,
    `a trigger may hold rows back; else run transform again: waybill transform ${goal.name} --force`,
  );
}

async function sendRows(connection: TargetConnection, goal: LoadGoal, part: PartToLoad): Promise<Sent> {
  const takesFiles = await doesTakeFiles(connection);
  const csv = await part.open();
  const rows: RowsToLoad = { csv, forms: goal.columns.map(fieldForm) };
  try {
    return takesFiles
      ? await loadData(connection, { goal, name: part.name, rows })
      : await insertRows(connection, goal.sql, rows);
  } finally {
    csv.destroy();
  }
}

async function doesTakeFiles(connection: TargetConnection): Promise<boolean> {
  const [[allowed] = []] = await connection.query(sql`SELECT @@GLOBAL.local_infile`);
  return allowed === "1";
}

/** From as many rows on a person would notice. */
const manyRows = 100_000;

/** What somebody should know who sends so many rows to a server that takes no files, as MySQL does by itself. */
export async function slowWay(
  connection: TargetConnection,
  table: string,
  rowCount: number,
): Promise<readonly string[]> {
  if (rowCount < manyRows || (await doesTakeFiles(connection))) return [];
  return [
    `${table}: rows go in by INSERT, since local_infile is off on the server; by files they would take a third of the time: SET GLOBAL local_infile = 1`,
  ];
}

interface Loading {
  readonly goal: LoadGoal;
  readonly name: string;
  readonly rows: RowsToLoad;
}

// As bytes: text that is stored in UTF-8 goes in as it is, and proved; the rest is converted, column by column.
async function loadData(connection: TargetConnection, { goal, name, rows }: Loading): Promise<Sent> {
  const variable = (index: number): Sql => trusted(`@waybill_${index}`);
  const targets = rows.forms.map((form, index) => (form.isConverted ? variable(index) : identifier(form.column.name)));
  const converted = rows.forms.flatMap((form: FieldForm, index) =>
    form.isConverted ? [sql`${identifier(form.column.name)} = CONVERT(${variable(index)} USING utf8mb4)`] : [],
  );
  const set = converted.length === 0 ? sql`` : sql` SET ${join(converted, ", ")}`;
  const statement = sql`LOAD DATA LOCAL INFILE ${literal(name)} INTO TABLE ${goal.sql} CHARACTER SET binary
    FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (${join(targets, ", ")})${set}`;
  let refused: unknown;
  const chunks = untilRefused(loadText(rows), (error) => {
    refused = error;
  });
  const changed = await connection.sendFile(statement, { name, chunks });
  if (refused !== undefined) throw refused;
  return { ...changed, warnings: await warningsOf(connection, changed.warningCount) };
}

// A value that is refused ends the file, not the session, which may hold locks: the caller rolls back.
async function* untilRefused(chunks: AsyncIterable<Buffer>, onRefused: (error: unknown) => void) {
  try {
    yield* chunks;
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
    onRefused(error);
  }
}

function placed(error: unknown, place: string): unknown {
  if (!(error instanceof StageError)) return error;
  return new StageError(error.kind, `${place}: ${error.message}`, error.hint, error.cause);
}
