import { expect, it } from "vitest";
import { readColumnType } from "../../../lib/mapping/column-type.js";
import { holdsAll } from "../../../lib/mapping/type-holds.js";

const typeOf = (text: string) => {
  const type = readColumnType(text);
  if ("hint" in type) throw new Error(type.text);
  return type;
};

it.each([
  ["character varying(40)", "varchar(40)"],
  ["text", "varchar(40)"],
  ["text", "uuid"],
  ["varchar(3)", "integer"],
  ["bigint", "integer"],
  ["numeric(10,2)", "numeric(8,2)"],
  ["numeric", "numeric(8,2)"],
  ["numeric", "double precision"],
  ["numeric(5,0)", "smallint"],
  ["smallint", "numeric(4,0)"],
  ["double precision", "integer"],
  ["double precision", "real"],
  ["timestamp with time zone", "timestamptz(3)"],
  ["jsonb", "json"],
  ["enum(new, open, closed)", "enum(new, closed)"],
  ["any", "integer"],
  ["integer", "any"],
  ["boolean", "bool not null"],
])("a column of %s holds what was checked as %s", (column, checked) => {
  expect(holdsAll(typeOf(column), typeOf(checked))).toBe(true);
});

it.each([
  ["varchar(20)", "varchar(40)"],
  ["varchar(20)", "text"],
  ["integer", "bigint"],
  ["integer", "int unsigned"],
  ["smallint", "numeric(5,0)"],
  ["numeric(4,0)", "smallint"],
  ["numeric(8,2)", "numeric(8,3)"],
  ["numeric(8,2)", "numeric"],
  ["integer", "numeric(4,2)"],
  ["double precision", "bigint"],
  ["double precision", "numeric(12,2)"],
  ["real", "double precision"],
  ["date", "timestamp"],
  ["timestamp", "timestamptz"],
  ["timestamp(0)", "timestamp(3)"],
  ["integer", "text"],
  ["uuid", "text"],
  ["enum(new)", "enum(new, closed)"],
  ["bytea", "text"],
])("a column of %s does not hold what was checked as %s", (column, checked) => {
  expect(holdsAll(typeOf(column), typeOf(checked))).toBe(false);
});
