import type { ValueType } from "./world.js";

/** A change of one value, in words, and the SQL that makes it of the value `v`. */
export type Change = readonly [what: string, to: string];

const texts: readonly Change[] = [
  ["a blank behind it", "v || ' '"],
  ["a blank before it", "' ' || v"],
  ["a blank that does not break", "v || chr(160)"],
  ["one digit", "regexp_replace(v, '.$', translate(right(v, 1), '0123456789', '1234567890'))"],
  ["its letters large", "upper(v)"],
  ["a letter that looks alike", "replace(replace(v, 'o', chr(1086)), 'a', chr(1072))"],
];

const moments: readonly Change[] = [
  ["a microsecond", "v + interval '1 microsecond'"],
  ["an hour", "v - interval '1 hour'"],
];

/** How a value of each type can become another one; each is a difference, however small. */
export const changes: Readonly<Record<ValueType, readonly Change[]>> = {
  text: texts,
  char: [
    ["one letter", "overlay(v placing 'z' from 1 for 1)"],
    ["its letters large", "upper(v)"],
  ],
  integer: [
    ["one digit", "v + 1"],
    ["its sign", "-v - 1"],
  ],
  numeric: [
    ["a hundredth", "v + 0.01"],
    ["ten times as much", "v * 10 + 1"],
  ],
  real: [["its last bit", "(v + 1) * '1.0000002'::real"]],
  double: [["its last bit", "CASE v WHEN 0 THEN 5e-324 ELSE v * (1 + 2.3e-16::float8) END"]],
  date: [["a day", "v + 1"]],
  time: moments,
  timestamp: moments,
  uuid: [
    ["one digit", "(translate(left(v::text, 1), '0123456789abcdef', '123456789abcdef0') || substr(v::text, 2))::uuid"],
  ],
  jsonb: [
    ["one member", `jsonb_set(v, '{a}', '"y"')`],
    ["a member that is null", `v || '{"n": null}'`],
    ["a text for a number", "jsonb_set(v, '{b}', to_jsonb(v ->> 'b'))"],
    ["the order of a list", `jsonb_set(v, '{c}', '[2, 1]')`],
    ["a member less", "v - 'a'"],
  ],
  json: [["a blank", "(v::text || ' ')::json"]],
  bytea: [
    ["a byte more", "v || '\\x00'::bytea"],
    ["one byte", "set_byte(v, 0, (get_byte(v, 0) + 1) % 256)"],
  ],
  bits: [["one bit", "set_bit(v, 3, 1 - get_bit(v, 3))"]],
  boolean: [["the contrary", "NOT v"]],
  inet: [
    ["the next address", "v + 1"],
    ["its mask", "set_masklen(v, 24)"],
  ],
  list: [
    ["an empty text more", "array_append(v, '')"],
    ["a NULL more", "array_append(v, NULL)"],
    ["other bounds", "('[0:2]=' || v::text)::text[]"],
  ],
  months: [["thirty days for a month", "make_interval(days => 30 * extract(month FROM v)::integer)"]],
  mood: [["another word", "CASE v WHEN 'calm' THEN 'glad' ELSE 'calm' END::mood"]],
};

/** What stands where NULL stood. */
export const instead: Readonly<Record<ValueType, string>> = {
  text: "''",
  char: "''",
  integer: "0",
  numeric: "0",
  real: "0",
  double: "'NaN'",
  date: "'infinity'",
  time: "'00:00'",
  timestamp: "'epoch'",
  uuid: "'00000000-0000-0000-0000-000000000000'",
  jsonb: "'null'",
  json: "'null'",
  bytea: "''",
  bits: "B'00000000'",
  boolean: "false",
  inet: "'0.0.0.0'",
  list: "'{}'",
  months: "'0'",
  mood: "'calm'",
};
