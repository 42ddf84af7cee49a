import fc from "fast-check";
import { csvValues } from "../lib/files/csv-values.js";
import { columnsNamed, type Extracted, type Row } from "../stages/transform/extracted.js";
import { anyColumns } from "./rule-options.js";

/** Stands in values of the data, and must stand in nothing that people read. */
export const canary = "CANARY7f3a";

// What rules can carry over, what they just cannot, and what nobody expects.
const shaped = [
  ...["31/12/2023", "29/02/2023", "2024-02-29", "1.2.2024", "05/06/24", "01 Mar 1999", "00/00/0000", "0000-01-01"],
  ...[
    "2024-03-31 02:30:00",
    "2024-10-27 02:30:00",
    "31/12/2023 23:59",
    "2024-01-01T00:00:00.123456Z",
    "1/2/2024 9:05 PM",
  ],
  ...["2024-05-05 10:00:00+05:30", "24:00", "23:59", "9:05 am", "12:30:60", "infinity", "9999-12-31 23:59:59-12"],
  ...[
    "1",
    "0",
    "-0",
    "007",
    "1.10",
    "1,5",
    "1.234,56",
    "1,234.565",
    "(12)",
    "5-",
    "1e5",
    "99999999999999999999.995",
    "NaN",
  ],
  ...[
    "t",
    "F",
    "Y",
    "N",
    "yes",
    "NO",
    "a",
    "b",
    " a ",
    "A",
    "x,y",
    "St",
    "st. john's rd ,  bath",
    "o'brien-SMITH ßtraße",
  ],
  ...["+254 712 345678", "0712345678", "(212) 555-0123", "030 123456", " Ann@Example.ORG ", "a@b", "ann@example.org"],
  ...[
    "sw1a1aa",
    "0101000000000000000000F03F0000000000000040",
    "12345-6789",
    "1234 ab",
    '{"a":1}',
    '{"a":{"b":[1,"x"]}}',
    '["x"]',
    '{"a":"\\ud83d"}',
    "{",
    '{"a":1,"a":2}',
  ],
  ...[
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "\\xdead",
    "İı",
    "ΑΣ",
    "\u0085x\u2028",
    "\ufeff",
    canary,
    `${canary}, "x"\n`,
  ],
];

const value = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...shaped) },
  { weight: 2, arbitrary: csvValues({ nul: false }) },
  { weight: 1, arbitrary: fc.constantFrom(null, "", "a", "b") },
);

// Few keys, so that rows collide and refer to one another.
const keys = fc.constantFrom(null, "", "1", "2", "3", "4", "5", "6", "7", '"8"', "9,\n");
const rowOf = fc.tuple(keys, keys, fc.constantFrom(null, "1", "9", "10", "-3"), value, value, value);

/** Every extract: a key that repeats, a row it refers to, a whole number, and columns that hold anything. */
export const sourceColumns = columnsNamed(["id", "ref", "num", ...anyColumns], { num: "integer" });

/** Rows in any order; mostly more of them than there are keys. */
export const anyRows: fc.Arbitrary<readonly Row[]> = fc.oneof(
  { weight: 1, arbitrary: fc.array(rowOf, { maxLength: 3 }) },
  { weight: 4, arbitrary: fc.array(rowOf, { minLength: 12, maxLength: 30 }) },
);

/** The extract that reading these rows would give: in total order, by the key and then by all columns. */
export function extractOf(rows: readonly Row[], key: readonly string[], more: Partial<Extracted> = {}): Extracted {
  const names = sourceColumns.map(({ name }) => name);
  const places = [...key.map((name) => names.indexOf(name)), ...names.keys()];
  const sorted = rows.toSorted((one, other) => {
    for (const place of places) {
      const difference = inOrder(one[place] ?? null, other[place] ?? null, names[place] === "num");
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return { columns: sourceColumns, rows: sorted, ...(key.length > 0 ? { key } : {}), ...more };
}

// NULL first, numbers by value, text by bytes.
function inOrder(one: string | null, other: string | null, isNumber: boolean): number {
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  return isNumber ? Number(one) - Number(other) : Buffer.compare(Buffer.from(one), Buffer.from(other));
}
