import { readColumnType } from "../../mapping/column-type.js";
import type { NormalForm } from "../../mapping/normal-forms.js";
import type { Sql } from "../../model/names.js";
import { sql } from "./identifiers.js";

/** The normal forms of PostgreSQL's types. */
export type PostgresForm = Exclude<NormalForm, { readonly kind: "tinyint" | "flag" | "digits" | "datetime" | "utc" }>;

/** The form for a type as the database's catalog writes it; undefined: none is proven, as of floats, json and arrays. */
export function normalFormOf(databaseType: string): PostgresForm | undefined {
  const type = readColumnType(databaseType);
  if ("hint" in type) return undefined;
  switch (type.kind.kind) {
    case "text":
      return { kind: /^char(?:acter)?(?:\(|$)/.test(type.text) ? "padded" : "text" };
    case "enum":
      return { kind: "text" };
    case "decimal":
      return { kind: "decimal", scale: type.kind.scale };
    case "timestamp":
      return { kind: type.kind.hasZone ? "instant" : "timestamp" };
    case "bytea":
      return { kind: "bytes" };
    case "integer":
    case "boolean":
    case "date":
    case "time":
    case "uuid":
      return { kind: type.kind.kind };
    case "any":
    case "float":
    case "json":
    case "jsonb":
      return undefined;
    default:
      return type.kind satisfies never;
  }
}

/** The normal text of a value, in a session pinned to UTC, ISO dates and hexadecimal bytes. */
export function normalText(form: PostgresForm, value: Sql): Sql {
  switch (form.kind) {
    case "boolean":
      return sql`CASE WHEN ${value} THEN 't' WHEN NOT ${value} THEN 'f' END`;
    case "decimal":
      // With a scale of its own the type prints all its digits; else 1.5 and 1.50 are one number.
      return form.scale === undefined
        ? sql`CASE WHEN strpos(${value}::text, '.') > 0 THEN rtrim(rtrim(${value}::text, '0'), '.') ELSE ${value}::text END`
        : sql`${value}::text`;
    case "text":
    case "padded":
    case "integer":
    case "date":
    case "time":
    case "timestamp":
    case "instant":
    case "uuid":
    case "bytes":
      // Of a char(n) the cast leaves out the blanks that pad it, as its equality does.
      return sql`${value}::text`;
    default:
      return form satisfies never;
  }
}
