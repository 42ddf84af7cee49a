import { expect, it } from "vitest";
import { checkedType } from "../../../../lib/databases/mysql/column-types.js";
import { readColumnType } from "../../../../lib/mapping/column-type.js";

it.each([
  ["int(10) unsigned", "int(10) unsigned"],
  ["int(10) unsigned zerofill", "int(10) unsigned"],
  ["tinyint(1)", "any"],
  ["tinyint(4)", "tinyint(4)"],
  ["decimal(10,2) unsigned", "numeric(10,2)"],
  ["double", "double precision"],
  ["float", "real"],
  ["datetime", "timestamp(0)"],
  ["datetime(3)", "timestamp(3)"],
  ["timestamp(6)", "timestamptz(6)"],
  ["time(2)", "any"],
  ["year(4)", "any"],
  ["varchar(40)", "varchar(40)"],
  ["longtext", "text"],
  ["longblob", "bytea"],
  ["binary(16)", "any"],
  ["enum('a','b''c')", "enum('a','b''c')"],
  ["set('a','b')", "any"],
  ["bit(8)", "any"],
  ["uuid", "uuid"],
])("values of a %s are checked as %s, which specifications know", (databaseType, checked) => {
  expect(checkedType(databaseType)).toBe(checked);
  expect(readColumnType(checked)).not.toHaveProperty("hint");
});
