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
  ["D/M/YYYY", 'date format "D/M/YYYY" needs MM exactly once'],
  ['"YYYY-MM-DD HH:mm"', 'date format "YYYY-MM-DD HH:mm" holds "HHmm"'],
])("date refuses the format %s", (format, text) => {
  const { lines } = complaints({ "people.yaml": peopleWith(`v: { from: x, date: ${format} }`) });

  expect(lines).toEqual([expect.stringContaining(text.replace("columns.v: ", "columns.v.date: "))]);
  expect(lines[0]).toMatch(/^people\.yaml:3: /);
});
