import fc from "fast-check";
import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

it("date writes ISO 8601 and rejects whatever is not exactly such a date", async () => {
  const good = ["29/02/2024", "01/01/0001", "31/12/9999", null];
  const bad = [
    "31/02/2024",
    "29/02/2023",
    "1/2/2024",
    "01/02/24",
    "01-02-2024",
    "13/13/2024",
    "00/01/2024",
    "01/00/2024",
  ];
  const worse = [
    "",
    " ",
    " 01/02/2024",
    "01/02/2024 ",
    "01/02/2024\n",
    "01/01/0000",
    "٠١/٠٢/٢٠٢٤",
    "01/02/2024 00:00",
    "x",
  ];

  const rows = await runColumn("{ from: x, date: DD/MM/YYYY }", [...good, ...bad, ...worse]);

  expect(rows.slice(0, good.length).map(({ values }) => values[0])).toEqual([
    "2024-02-29",
    "0001-01-01",
    "9999-12-31",
    null,
  ]);
  expect(rows.slice(0, good.length).every(({ rejected }) => rejected === null)).toBe(true);
  const verdict = { rule: "v.date", reason: "v is not a date in the format DD/MM/YYYY" };
  expect(rows.slice(good.length).map(({ rejected }) => rejected)).toEqual([...bad, ...worse].map(() => verdict));
});

it("date reads every day of every year back, whatever stands between the tokens", async () => {
  const separators = fc.string({
    unit: fc.constantFrom(".", "-", "/", "%", "\\", "(", " ", "+", "é", "'", "T"),
    minLength: 1,
    maxLength: 2,
  });
  const days = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });

  await fc.assert(
    fc.asyncProperty(days, separators, async (day, separator) => {
      const iso = day.toISOString().slice(0, 10);
      const [year, month, date] = iso.split("-");
      const format = JSON.stringify(["MM", "DD", "YYYY"].join(separator));

      const [row] = await runColumn(`{ from: x, date: ${format} }`, [[month, date, year].join(separator)]);

      expect(row).toMatchObject({ values: [iso, null], rejected: null });
    }),
    { numRuns: 50 },
  );
});

it.each([
  ["[DD/MM/YYYY, YYYY-MM-DD]", ["31/01/2024", "2024-01-31", "31-01-2024"], ["2024-01-31", "2024-01-31", null]],
  // 01/02/2024 is a day of either format: the first one that fits is taken.
  ["[DD/MM/YYYY, MM/DD/YYYY]", ["01/02/2024", "12/31/2024"], ["2024-02-01", "2024-12-31"]],
  ["iso", ["2024-02-29", "2024-2-29", "29/02/2024"], ["2024-02-29", null, null]],
  ["D/M/YYYY", ["1/2/2024", "01/02/2024", "001/2/2024", "31/4/2024"], ["2024-02-01", "2024-02-01", null, null]],
  [
    "DD-MON-YYYY",
    ["29-FEB-2024", "29-Feb-2024", "29-feb-2024", "29-February-2024", "29-Feb-2023", "29-Mai-2024"],
    ["2024-02-29", "2024-02-29", "2024-02-29", null, null, null],
  ],
  [
    "{ formats: [DD/MM/YY, iso], century_from: 1950 }",
    ["01/01/50", "31/12/49", "29/02/00", "29/02/23", "29/02/2000", "2024-02-29"],
    ["1950-01-01", "2049-12-31", "2000-02-29", null, null, "2024-02-29"],
  ],
  ["{ formats: YYMMDD, century_from: 1900 }", ["000229", "990131"], [null, "1999-01-31"]],
  ["{ formats: DD/MM/YY, century_from: 2000 }", ["29/02/00", "31/12/99"], ["2000-02-29", "2099-12-31"]],
])("date: %s reads what it says and nothing else", async (options, values, expected) => {
  const rows = await runColumn(`{ from: x, date: ${options} }`, values);

  expect(rows.map(({ values: [value], rejected }) => (rejected === null ? value : null))).toEqual(expected);
});

it("date without separators cuts by width", async () => {
  const rows = await runColumn("{ from: x, date: YYYYMMDD }", ["20240229", "20240230", "2024022"]);

  expect(rows.map(({ values }) => values[0])).toEqual(["2024-02-29", null, null]);
});

it("otherwise gives an unreadable date a value and flags the row", async () => {
  const rows = await runColumn("{ from: x, date: DD/MM/YYYY, otherwise: null, flag: flagged }", [
    "31/02/2024",
    "01/02/2024",
    null,
  ]);

  expect(rows.map(({ values, flagged, rejected }) => [values[0], flagged, rejected])).toEqual([
    [null, true, null],
    ["2024-02-01", false, null],
    [null, false, null],
  ]);
});

it.each([
  ["DD/MM/YY", 'columns.v: date format "DD/MM/YY" has no four-digit year'],
  ["dd/mm/yyyy", 'date format "dd/mm/yyyy" needs YYYY exactly once'],
  ["YYYY-MM", 'date format "YYYY-MM" needs DD exactly once'],
  ["DD/DD/MM/YYYY", 'date format "DD/DD/MM/YYYY" needs DD exactly once'],
  ["DMYYYY", 'date format "DMYYYY" has D, one digit or two, beside another digit'],
  ["M1/DD/YYYY", 'date format "M1/DD/YYYY" has M, one digit or two, beside another digit'],
  ["ISO", 'date format "ISO" is no format'],
  ["[DD/MM/YYYY, DD/MM/YY]", 'columns.v.date[1]: date format "DD/MM/YY" has no four-digit year'],
  ["{ formats: DD/MM/YYYY, century_from: 1950 }", "century_from without a format that has YY"],
  ["{ formats: DD/MM/YY, century_from: 9950 }", "century_from 9950 has years of five digits"],
  ["{ formats: [DD/MM/YY] }", 'date format "DD/MM/YY" has no four-digit year'],
  ['"YYYY-MM-DD HH:mm"', 'date format "YYYY-MM-DD HH:mm" holds "HHmm"'],
])("date refuses the format %s", (format, text) => {
  const { lines } = complaints({ "people.yaml": peopleWith(`v: { from: x, date: ${format} }`) });

  expect(lines).toEqual([expect.stringContaining(text.replace(/^columns\.v: /, "columns.v.date: "))]);
  expect(lines[0]).toMatch(/^people\.yaml:3: /);
});
