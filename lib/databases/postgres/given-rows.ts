import type { Sql } from "../../model/names.js";
import { wideType } from "./column-types.js";
import type { ComparedColumn } from "./compare-columns.js";
import { identifier, joined, literal, sql } from "./identifiers.js";
import { normalFormOf } from "./normal-text.js";

/**
 * Rows of texts as a table of the target's types, without a table: each goes through its type's input function, as COPY
 * into the temporary tables does it, without length and scale.
 */
export function givenRows(columns: readonly ComparedColumn[], rows: readonly (readonly (string | null)[])[]): Sql {
  const named = columns.map((column, index) => ({ ...column, place: identifier(String(index)) }));
  const isPlain = ({ databaseType }: ComparedColumn) => normalFormOf(databaseType) !== undefined;
  // Of json, arrays and the like JSON would be read as such, and not as the text that stands in the file.
  const types = named.map((one) => sql`${one.place} ${isPlain(one) ? wideType(one.databaseType) : sql`text`}`);
  const values = named.map((one) => {
    const cast = isPlain(one) ? sql`` : sql`::${wideType(one.databaseType)}`;
    return sql`${one.place}${cast} AS ${identifier(one.name)}`;
  });
  const json = JSON.stringify(rows.map((row) => Object.fromEntries(row.map((value, index) => [index, value]))));
  return sql`(SELECT ${joined(values)} FROM json_to_recordset(${literal(json)}::json) AS given(${joined(types)})) AS given`;
}
