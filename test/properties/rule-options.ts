import fc from "fast-check";

/** A piece of a specification as its YAML holds it. */
export type Written = string | number | boolean | null | readonly Written[] | { readonly [key: string]: Written };

/** Source columns that every extract of the properties has, and that hold any value at all. */
export const anyColumns = ["a", "b", "c"] as const;

/** The environment variable that holds the key of masks. */
export const maskKey = "WAYBILL_PROPERTY_KEY";

/** Files that rules look into. */
export const lookupFiles: Readonly<Record<string, string>> = {
  "lookups/words.csv": 'old,new,long\na,A,Avenue\n" a ",\\N,Alley\n"x,y","1,2",X\n1,one,One\nSt,Street,Street\n',
  "lookups/short.csv": "short,long\na,Avenue\n1,One\nSt.,Street\n",
  "lookups/pairs.csv": "first,second,both\na,a,AA\na,b,AB\n\\N,a,NA\n1,1,11\n",
};

/** A source column that holds any value. */
export const anyColumn = fc.constantFrom(...anyColumns);

const on = fc.constant(true);
const words = fc.constantFrom("", "a", " ", "x,y", "\\N", "NULL", "1", "\n", '"', "é");
const oneOf = (...options: readonly Written[]): fc.Arbitrary<Written> => fc.constantFrom(...options);

/** Of each rule some options that its schema takes. A rule without a line here fails the test that walks all rules. */
export const optionsOf: Readonly<Record<string, fc.Arbitrary<Written>>> = {
  trim: on,
  collapse: on,
  null_if: fc.array(words, { minLength: 1, maxLength: 3 }),
  default: words,
  upper: on,
  lower: on,
  title: on,
  replace: fc.array(
    fc.oneof(
      fc.record({ find: words.filter((word) => word !== ""), with: words }),
      fc.constantFrom(
        { pattern: "[0-9]+", with: "#" },
        { pattern: "(?i)^(.)(.*)$", with: "\\2\\1" },
        { pattern: "\\s*", with: "_" },
      ),
    ),
    { minLength: 1, maxLength: 2 },
  ),
  pad: fc.record({
    to: fc.integer({ min: 1, max: 9 }),
    with: fc.constantFrom("0", "é", "𝔘", '"'),
    side: fc.constantFrom("left", "right"),
  }),
  substring: fc.record(
    { from: fc.integer({ min: -4, max: 4 }).filter((from) => from !== 0), length: fc.integer({ min: 1, max: 4 }) },
    { requiredKeys: ["from"] },
  ),
  split: fc.record({
    by: fc.constantFrom(" ", ",", "|", "a", "\n"),
    take: fc.constantFrom<Written>("first", "last", "rest", "all_but_last", 2),
  }),
  date: oneOf("DD/MM/YYYY", "iso", ["D.M.YYYY", "MM/DD/YYYY", "iso"], {
    formats: ["DD/MM/YY", "DD MON YYYY"],
    century_from: 1950,
  }),
  timestamp: oneOf(
    "iso",
    { formats: ["DD/MM/YYYY HH:mm", "iso"], zone: "Africa/Nairobi" },
    { formats: ["YYYY-MM-DD HH:mm:ss"], zone: "Europe/Berlin", ambiguous: "later" },
    { formats: ["D/M/YYYY h:mm A", "iso"], to: "none", zone: "+03:00" },
    { formats: ["iso"], to: "Asia/Kathmandu" },
  ),
  time: oneOf("HH:mm", "iso", ["h:mm A", "HH:mm:ss"]),
  number: oneOf(
    true,
    { decimal: ",", thousands: "." },
    { thousands: ",", scale: 2, round: "half_even", negative: ["leading", "parentheses"] },
    { scale: 0, round: "up", negative: ["trailing"] },
    { decimal: ",", scale: 1 },
  ),
  boolean: oneOf(true, { true: ["Y", "1"], false: ["N", ""] }, { true: ["a"], false: ["b"], ignore_case: true }),
  json_value: oneOf("$.a", "$[0]", "$.a.b[1]"),
  ewkt: oneOf(true, { srid: 4326 }),
  map: oneOf({ a: "A", "1": null, "": "empty" }, { a: "a", b: '"' }, { "\\N": "mark", "x,y": "x" }),
  lookup: oneOf(
    { file: "lookups/words.csv", key: "old", value: "new" },
    { file: "lookups/words.csv", key: "old", value: "long" },
    { file: "lookups/pairs.csv", key: "first", value: "both", and: { second: "b" } },
  ),
  phone: oneOf("KE", { country: "US" }, "DE"),
  email: on,
  address: oneOf(
    true,
    { case: "title" },
    { abbreviations: { file: "lookups/short.csv", key: "short", value: "long" }, case: "upper" },
  ),
  postcode: oneOf("GB", "US", { pattern: "[0-9A-Z]{1,4}" }, { country: "NL" }),
  mask: oneOf(
    { redact: "***" },
    { hash: { key: maskKey } },
    { hash: { key: maskKey, digits: 8 } },
    { partial: { last: 1, with: "é" } },
    { partial: { first: 2 } },
    { fake: { name: "full_name", key: maskKey } },
  ),
  references: oneOf("people", { table: "people" }),
  required: on,
  type: oneOf(
    ...["varchar(5)", "text not null", "numeric(6,2)", "integer", "bigint", "real", "boolean", "date", "timestamp(3)"],
    ...["timestamptz", "time", "uuid", "json", "jsonb", "bytea", "enum(a, b)", "any", "char(2)"],
  ),
};

/** What `otherwise` may be beside null, keep and reject: each of these rules has an own idea of a value. */
const standIns: Readonly<Record<string, string>> = {
  date: "2000-02-29",
  timestamp: "2000-02-29 21:00:00.5+00",
  time: "21:05:00",
  number: "-0.5",
  boolean: "f",
};

/** The stand-in of a rule with these options: a timestamp without zone has no offset either. */
export function standInOf(kind: string, options: unknown): string {
  const standIn = standIns[kind] ?? "?";
  const isLocal = typeof options === "object" && options !== null && "to" in options && options.to === "none";
  return kind === "timestamp" && isLocal ? standIn.replace("+00", "") : standIn;
}

const columns = fc.uniqueArray(anyColumn, { minLength: 1, maxLength: 3 });

/** Of each origin some options; `flagged` stands on a column of its own in every table. */
export const originOptions: Readonly<Record<string, fc.Arbitrary<Written>>> = {
  from: fc.oneof(anyColumn, fc.constantFrom("id", "num")),
  const: oneOf("x", "", null, "\\N", 'a"b', "1"),
  uuid5: columns,
  concat: fc.oneof(columns, fc.record({ columns, with: words })),
  json: oneOf(
    { name: "a", 'b "': { from: "b" }, c: { const: null } },
    { num: { from: "num", type: "number" }, a: "a" },
    { a: { from: "a", type: "json" }, b: { from: "b", type: "boolean" } },
  ),
  source_key: fc.constantFrom<Written>(["id"], ["id", "num"], ["a", "b"]),
  extract_name: on,
  flagged: on,
  sql: oneOf(
    "a || '-' || coalesce(b, '')",
    "length(c) > 2",
    "CASE WHEN a < b THEN a ELSE b END",
    "TRY_CAST(num AS INTEGER) / 4",
    "nullif(reverse(c), c)",
  ),
};

/** Conditions over a row of any extract. */
export const conditions = fc.constantFrom(
  "a IS NOT NULL",
  "length(b) > 1",
  "c < 'm'",
  "a IS DISTINCT FROM b",
  "num = '9'",
  "contains(a, c)",
  "false",
  "true",
);
