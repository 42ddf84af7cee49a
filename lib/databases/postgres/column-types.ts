import type { Sql } from "../../model/names.js";
import { sql, trusted } from "./identifiers.js";

const frictionless: Readonly<Record<string, string>> = {
  int2: "integer",
  int4: "integer",
  int8: "integer",
  numeric: "number",
  float4: "number",
  float8: "number",
  bool: "boolean",
  date: "date",
  timestamp: "datetime",
  timestamptz: "datetime",
  time: "time",
};

/** The Frictionless type for the name of a base type in pg_type; whatever has none is a string. */
export function frictionlessType(typeName: string): string {
  return frictionless[typeName] ?? "string";
}

const narrow =
  /^(numeric|character varying|character|bit varying|timestamp|time)\([\d,-]+\)( with(?:out)? time zone)?$/;

/**
 * The type without its length, scale or digits: what a column of `numeric(10,2)` would round, and one of `varchar(5)` cut
 * blanks off, stands in it as it is. Any other type is its own.
 */
export function wideType(databaseType: string): Sql {
  const [, name = databaseType, zone = ""] = narrow.exec(databaseType) ?? [];
  // `character` alone is one character.
  return trusted(name === "character" && name !== databaseType ? "bpchar" : `${name}${zone}`);
}

/** The collation "default", whose number is the same on every server: the database decides what it means. */
const defaultCollation = sql`100`;

/**
 * Columns `database_type`, `base_type`, `value_type`, `sorts_by_bytes` for a type's oid, modifier and collation, as a subquery to
 * join LATERAL. Types outside pg_catalog show their schema whatever the search path is. A domain has its own name
 * and its base type's nature. Types without a collation need no COLLATE, so they count as sorted.
 */
export function typeFacts(oid: Sql, modifier: Sql, collation: Sql): Sql {
  return sql`(
  WITH RECURSIVE base AS (
    SELECT oid, typname, typbasetype, typtype, typtypmod, (${modifier})::integer AS modifier FROM pg_type WHERE oid = ${oid}
    UNION ALL SELECT t.oid, t.typname, t.typbasetype, t.typtype, t.typtypmod, base.typtypmod
    FROM pg_type t JOIN base ON t.oid = base.typbasetype
  )
  SELECT
    CASE WHEN element.typnamespace = 'pg_catalog'::regnamespace THEN format_type(${oid}, ${modifier})
      ELSE format('%I.%I', n.nspname, element.typname)
        || COALESCE(substring(format_type(${oid}, ${modifier}) FROM '\\([0-9A-Za-z,]+\\)'), '')
        || CASE WHEN element.oid <> t.oid THEN '[]' ELSE '' END END AS database_type,
    (SELECT typname FROM base WHERE typbasetype = 0) AS base_type,
    (SELECT CASE typtype WHEN 'e' THEN (SELECT 'enum(' || string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
        || ')' FROM pg_enum WHERE enumtypid = base.oid) ELSE format_type(oid, modifier) END
      FROM base WHERE typbasetype = 0) AS value_type,
    CASE ${collation} WHEN 0 THEN true
      WHEN ${defaultCollation} THEN (SELECT to_jsonb(d) ->> 'datlocprovider' = 'b' OR (
          COALESCE(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c' AND d.datcollate IN ('C', 'POSIX'))
        FROM pg_database d WHERE d.datname = current_database())
      ELSE (SELECT to_jsonb(c) ->> 'collprovider' = 'b' OR COALESCE(c.collcollate IN ('C', 'POSIX'), false)
        FROM pg_collation c WHERE c.oid = ${collation})
    END AS sorts_by_bytes
  FROM pg_type t
  JOIN pg_type element ON element.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
  JOIN pg_namespace n ON n.oid = element.typnamespace
  WHERE t.oid = ${oid})`;
}
