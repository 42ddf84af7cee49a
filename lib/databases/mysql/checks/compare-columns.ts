import { join, sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import type { DatabaseColumn, DatabaseTable } from "../../port.js";
import type { FoundTable } from "../catalog.js";
import { fileText } from "../column-text.js";
import { isFloatingPoint, kindOf } from "../column-types.js";
import type { Connection } from "../connection.js";
import { identifier, literal, trusted } from "../identifiers.js";

/** A column that is compared, and the way its type does it. */
export interface ComparedColumn extends DatabaseColumn {
  /**
   * "value": by the type's equality. "bytes": never by a collation, for which `a`, `A`, `á` and `a ` may be one; blanks
   * that pad a CHAR(n) still do not count. "json": by the value, where MariaDB keeps it as a text.
   */
  readonly by: "value" | "bytes" | "json";
}

/** How the columns of a table are compared, in the order asked for. Throws "integrity" for one the table lacks. */
export async function comparedColumns(
  connection: Connection,
  { table, description }: { readonly table: FoundTable; readonly description: DatabaseTable },
  names: readonly string[],
): Promise<readonly ComparedColumn[]> {
  const holdsJson = await jsonTexts(connection, table);
  return names.map((name) => {
    const column = description.columns.find((candidate) => candidate.name === name);
    if (column === undefined) throw noColumn(table, name);
    return { ...column, by: holdsJson.has(name) ? "json" : isText(column) ? "bytes" : "value" };
  });
}

function isText(column: DatabaseColumn): boolean {
  const kind = kindOf(column);
  return kind === "characters" || kind === "geometry" || (kind === "text" && column.databaseType !== "json");
}

// MariaDB's JSON is a LONGTEXT with a CHECK. JSON_NORMALIZE, from 10.7 on, keeps all digits of a number.
async function jsonTexts(connection: Connection, { schema, name }: FoundTable): Promise<ReadonlySet<string>> {
  const knows = await connection.query(sql`SELECT json_normalize('{}')`).catch(() => []);
  if (knows.length === 0) return new Set();
  const rows = await connection.query(sql`SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
    WHERE CONSTRAINT_SCHEMA = ${literal(schema)} AND TABLE_NAME = ${literal(name)}`);
  return new Set(rows.flatMap(([clause]) => /^json_valid\(`((?:[^`]|``)+)`\)$/i.exec(clause ?? "")?.[1] ?? []));
}

function noColumn(table: FoundTable, name: string): StageError {
  return new StageError(
    "integrity",
    `${table.qualifiedName} has no column ${name}, which the transform wrote`,
    "the table was changed since it was loaded; bring the column back, or correct the mapping and run transform and load again",
  );
}

/** A value as it is compared. CONVERT takes any length; CAST(… AS BINARY) is NULL beyond max_allowed_packet. */
export function comparable(value: Sql, column: ComparedColumn): Sql {
  switch (column.by) {
    case "value":
      // Equal they are, and yet MySQL puts -0 and 0 into two groups.
      return isFloatingPoint(column) ? sql`if(${value} = 0, 0e0, ${value})` : value;
    case "bytes":
      return bytes(value);
    case "json":
      // In brackets: MariaDB 10.11 reads on behind a number that ends the text, and takes what lies there for its digits.
      return bytes(sql`coalesce(json_normalize(concat('[', ${value}, ']')), concat('[', ${value}, ']'), ${value})`);
    default:
      return column.by satisfies never;
  }
}

/**
 * What rows are grouped by, so that equal values are one group. Where a server sorts for that it looks at the first 64 KB of a
 * text: MariaDB takes those that begin alike for one, as with a DISTINCT beside them. So the digest of a longer one goes before.
 */
export function groupedBy(values: readonly Sql[], columns: readonly (ComparedColumn | undefined)[]): Sql {
  const digests = values.filter((_, index) => mayBeLong(columns[index])).map((value) => sql`sha2(${value}, 256)`);
  return join([...digests, ...values], ", ");
}

function mayBeLong(column: ComparedColumn | undefined): boolean {
  if (column === undefined) return false;
  return kindOf(column) === "geometry" || /^(?:medium|long|json)/.test(column.databaseType);
}

/** What `comparable` made of a value, as a value of the column's type again. */
export function revived(compared: Sql, { by, characterSet }: ComparedColumn): Sql {
  if (by === "value" || characterSet === undefined) return compared;
  const text = sql`convert(${compared} USING ${trusted(characterSet)})`;
  return by === "json" ? sql`substr(${text}, 2, char_length(${text}) - 2)` : text;
}

/** A value as it stands in a file, in bytes: texts of several collations do not mix. */
export function printed(value: Sql, column: ComparedColumn): Sql {
  return bytes(characters(value, column));
}

/** The values of a row, or a key of several columns, as a JSON list of texts. */
export function listJson(values: readonly Sql[], columns: readonly ComparedColumn[]): Sql {
  const quoted = columns.map((column, index) => quotedJson(characters(values[index] ?? sql`NULL`, column)));
  return sql`concat('[', ${join(quoted, ", ',', ")}, ']')`;
}

/** A row as a JSON object: numbers as numbers, whatever else as the text that stands in a file. */
export function rowJson(values: readonly Sql[], columns: readonly ComparedColumn[]): Sql {
  const members = columns.map((column, index) => {
    const value = values[index] ?? sql`NULL`;
    const text = characters(value, column);
    const isBare = ["number", "float", "year"].includes(kindOf(column)) || isJson(column);
    const json = isBare ? sql`coalesce(${bytes(text)}, 'null')` : quotedJson(text);
    return sql`${literal(`${JSON.stringify(column.name)}:`)}, ${json}`;
  });
  return sql`concat('{', ${join(members, ", ',', ")}, '}')`;
}

function isJson({ by, databaseType }: ComparedColumn): boolean {
  return by === "json" || databaseType === "json";
}

function quotedJson(text: Sql): Sql {
  return sql`coalesce(${bytes(sql`json_quote(${text})`)}, 'null')`;
}

function characters(value: Sql, column: ComparedColumn): Sql {
  const text = fileText(column, value);
  return kindOf(column) === "characters" ? text : sql`cast(${text} AS char)`;
}

/** A text as its bytes, of any length. */
export function bytes(text: Sql): Sql {
  return sql`convert(${text} USING binary)`;
}

/** A column of a table in a FROM. */
export function columnOf(alias: Sql, { name }: Pick<DatabaseColumn, "name">): Sql {
  return sql`${alias}.${identifier(name)}`;
}
