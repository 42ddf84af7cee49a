import fc from "fast-check";
import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

async function read(options: string, values: readonly (string | null)[]): Promise<readonly unknown[]> {
  const rows = await runColumn(`{ from: x, timestamp: ${options} }`, values);
  return rows.map(({ values: [value], rejected }) => (rejected === null ? value : "rejected"));
}

const berlin = "formats: DD/MM/YYYY HH:mm:ss, zone: Europe/Berlin";

it.each([
  [
    "{ formats: [DD/MM/YYYY HH:mm:ss, iso], zone: Africa/Nairobi }",
    ["01/03/2024 00:00:00", "2024-03-01 00:00", "2024-03-01T00:00:00.120", "2024-03-01T00:00:00+01:00", null],
    ["2024-02-29 21:00:00+00", "2024-02-29 21:00:00+00", "2024-02-29 21:00:00.12+00", "2024-02-29 23:00:00+00", null],
  ],
  // The clock of Nairobi was 2:27:16 before Greenwich until 1928.
  ["{ formats: iso, zone: Africa/Nairobi }", ["1908-04-30 12:00:00"], ["1908-04-30 09:32:44+00"]],
  [
    "iso",
    ["2024-02-29T21:00Z", "2024-02-29 21:00:00.000001-0330", "2024-02-29 21:00:00+03", "2024-02-29 21:00:00"],
    ["2024-02-29 21:00:00+00", "2024-03-01 00:30:00.000001+00", "2024-02-29 18:00:00+00", "rejected"],
  ],
  ["{ formats: iso, zone: +05:30 }", ["2024-01-01 00:00"], ["2023-12-31 18:30:00+00"]],
  ["{ formats: iso, zone: UTC, to: Asia/Kathmandu }", ["2024-01-01 00:00"], ["2024-01-01 05:45:00+05:45"]],
  ["{ formats: iso, zone: UTC, to: America/New_York }", ["2024-07-01 00:00"], ["2024-06-30 20:00:00-04"]],
  ["{ formats: iso, zone: UTC, to: Africa/Nairobi }", ["1908-04-30 09:32:44"], ["1908-04-30 12:00:00+02:27:16"]],
  [
    "{ formats: iso, to: none }",
    ["2024-03-31 02:30", "2024-02-29T21:00:00.5", "2024-02-29T21:00:00Z"],
    ["2024-03-31 02:30:00", "2024-02-29 21:00:00.5", "rejected"],
  ],
  [
    "{ formats: iso, zone: Africa/Nairobi, to: none }",
    ["2024-02-29T21:00:00Z", "2024-02-29 21:00"],
    ["2024-03-01 00:00:00", "2024-02-29 21:00:00"],
  ],
  ["{ formats: D MON YY h:mm A, century_from: 1950, zone: UTC }", ["29 FEB 24 9:05 pm"], ["2024-02-29 21:05:00+00"]],
])("timestamp: %s writes what PostgreSQL would", async (options, values, expected) => {
  expect(await read(options, values)).toEqual(expected);
});

it("timestamp rejects what no clock shows", async () => {
  const bad = [
    "31/02/2024 00:00:00",
    "01/03/2024 24:00:00",
    "01/03/2024 23:59:60",
    "01/03/2024",
    "",
    "01/03/24 00:00:00",
  ];
  const worse = ["01/03/2024 00:00:00.1234567", "01/03/2024  00:00:00", "01/01/0000 00:00:00", "31/12/2024 00:00:00 "];

  expect(await read(`{ ${berlin} }`, [...bad, ...worse])).toEqual([...bad, ...worse].map(() => "rejected"));
});

it("timestamp rejects a time that the zone skips or has twice, unless ambiguous says which is meant", async () => {
  const values = ["31/03/2024 02:30:00", "27/10/2024 02:30:00", "27/10/2024 01:59:59", "27/10/2024 03:00:00"];
  const [before, after] = ["2024-10-26 23:59:59+00", "2024-10-27 02:00:00+00"];

  expect(await read(`{ ${berlin} }`, values)).toEqual(["rejected", "rejected", before, after]);
  expect(await read(`{ ${berlin}, ambiguous: earlier }`, values)).toEqual([
    "2024-03-31 00:30:00+00",
    "2024-10-27 00:30:00+00",
    before,
    after,
  ]);
  expect(await read(`{ ${berlin}, ambiguous: later }`, values)).toEqual([
    "2024-03-31 01:30:00+00",
    "2024-10-27 01:30:00+00",
    before,
    after,
  ]);
  // Samoa had no 30 December 2011 at all.
  expect(await read("{ formats: iso, zone: Pacific/Apia }", ["2011-12-30 12:00", "2011-12-31 00:00"])).toEqual([
    "rejected",
    "2011-12-30 10:00:00+00",
  ]);
});

it("timestamp rejects an instant outside the years of four digits", async () => {
  const values = ["0001-01-01 00:00", "0001-01-01 12:00", "9999-12-31 23:00"];

  expect(await read("{ formats: iso, zone: Africa/Nairobi }", values)).toEqual([
    "rejected",
    "0001-01-01 09:32:44+00",
    "9999-12-31 20:00:00+00",
  ]);
  expect(await read("{ formats: iso, zone: America/New_York }", values)).toEqual([
    "0001-01-01 04:56:02+00",
    "0001-01-01 16:56:02+00",
    "rejected",
  ]);
});

it("timestamp finds for every zone the instant whose clock shows the time", async () => {
  const zones = ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"];
  const days = fc.date({ min: new Date("1975-01-01"), max: new Date("2030-01-01"), noInvalidDate: true });

  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...zones), days, async (zone, day) => {
      const instant = new Date(Math.floor(day.getTime() / 1000) * 1000);
      const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });

      const found = await read(`{ formats: iso, zone: ${zone}, ambiguous: later }`, [shown.format(instant)]);

      const back = new Date(String(found[0]).replace(" ", "T").replace("+00", "Z"));
      expect(shown.format(back)).toBe(shown.format(instant));
    }),
    { numRuns: 60 },
  );
});

it.each([
  ["{ formats: iso, zone: Africa/Nairoby }", 'there is no time zone "Africa/Nairoby"', "did you mean Africa/Nairobi?"],
  ["{ formats: iso, to: nowhere/nohow }", 'there is no time zone "nowhere/nohow"', "a name of the tz database"],
  ["DD/MM/YYYY HH:mm", "no zone, and no format that has one", "zone: UTC"],
  ["{ formats: iso, ambiguous: later }", "ambiguous without zone", "add the zone"],
  ["{ formats: iso, zone: UTC, ambiguous: latest }", 'expected earlier or later, found "latest"', "write"],
  ["{ formats: DD/MM/YYYY, zone: UTC }", 'timestamp format "DD/MM/YYYY" needs HH exactly once', "DD/MM/YYYY HH:mm:ss"],
])("timestamp refuses %s", (options, text, cure) => {
  const { lines, hint } = complaints({ "people.yaml": peopleWith(`v: { from: x, timestamp: ${options} }`) });

  expect(lines).toEqual([expect.stringContaining(text)]);
  expect(hint).toContain(cure);
});

it.each([
  ["iso, otherwise: 2024-13-45 00:00:00+00", "(2024-02-29 21:00:00+00)"],
  ["iso, otherwise: 2024-02-29 24:00:00+00", "(2024-02-29 21:00:00+00)"],
  ["iso, otherwise: 2024-02-29 21:00:00+99", "(2024-02-29 21:00:00+00)"],
  ["iso, otherwise: 2024-02-29 21:00:00", "(2024-02-29 21:00:00+00)"],
  ["{ formats: iso, to: none }, otherwise: 2024-02-29 21:00:00+00", "(2024-02-29 21:00:00)"],
])("timestamp refuses a stand-in that it would not write itself: %s", (options, example) => {
  const { lines } = complaints({ "people.yaml": peopleWith(`v: { from: x, timestamp: ${options} }`) });

  expect(lines).toEqual([expect.stringContaining(`otherwise is no timestamp as the rule writes them ${example}`)]);
});
