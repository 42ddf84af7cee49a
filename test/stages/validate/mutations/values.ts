import type { ValueType } from "./world.js";

/** A change of one value, in words, and the SQL that makes it of the value `v`. */
export type Change = readonly [what: string, to: string];

/** How values of each type change, or what stands where NULL stood. */
export type ByType<What> = Readonly<Record<ValueType, What>>;

const texts: readonly Change[] = [
  ["a blank behind it", "v || ' '"],
  ["a blank before it", "' ' || v"],
  ["a blank that does not break", "v || '\u00a0'"],
  ["one digit", "left(v, char_length(v) - 1) || mod(ascii(right(v, 1)) - 47, 10)"],
  ["its letters large", "upper(v)"],
  ["its first letter large", "upper(left(v, 1)) || substr(v, 2)"],
  ["an accent", "replace(replace(replace(v, 'e', 'é'), 'o', 'ö'), 'a', 'å')"],
  ["a letter that looks alike", "replace(replace(v, 'o', '\u043e'), 'a', '\u0430')"],
];

const moments: readonly Change[] = [
  ["a microsecond", "v + interval '0.000001' second"],
  ["an hour", "v - interval '1' hour"],
];

const floats: readonly Change[] = [["its sign", "-v - 1"]];

/** Changes of the types that all servers know, in SQL that all of them take. Each is a difference, however small. */
export const changes = {
  text: texts,
  char: [
    ["one letter", "'z' || substr(v, 2)"],
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
  real: [["its last bit", "(v + 1) * 1.0000002"], ...floats],
  double: floats,
  date: [["a day", "v + interval '1' day"]],
  time: moments,
  timestamp: moments,
  boolean: [["the contrary", "NOT v"]],
} as const satisfies Partial<ByType<readonly Change[]>>;

/** What stands where NULL stood, of the types that all servers know. */
export const instead = {
  text: "''",
  char: "''",
  integer: "0",
  numeric: "0",
  real: "0",
  double: "0",
  date: "'1970-01-01'",
  time: "'00:00'",
  timestamp: "'1970-01-02'",
  boolean: "false",
  mood: "'calm'",
} as const satisfies Partial<ByType<string>>;
