import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

it.each([
  [
    "iso",
    ["21:05:06", "21:05", "00:00:00", "21:05:06.120", "21:05:06.123456"],
    ["21:05:06", "21:05:00", "00:00:00", "21:05:06.12", "21:05:06.123456"],
  ],
  ["iso", ["24:00:00", "23:59:60", "9:05", "21:05:06.1234567", "21:05:", " 21:05", ""], Array(7).fill(null)],
  [
    "[HH:mm, h:mm A]",
    ["09:05", "9:05 pm", "12:00 AM", "12:00 PM", "0:30 AM", "13:00 PM", "9:05"],
    ["09:05:00", "21:05:00", "00:00:00", "12:00:00", null, null, null],
  ],
  ["hh.mmA", ["09.05PM", "9.05PM"], ["21:05:00", null]],
  ["{ formats: H:mm:ss }", ["9:05:01", "09:05:01.5"], ["09:05:01", "09:05:01.5"]],
])("time: %s reads what it says and nothing else", async (options, values, expected) => {
  const rows = await runColumn(`{ from: x, time: ${options} }`, values);

  expect(rows.map(({ values: [value], rejected }) => (rejected === null ? value : null))).toEqual(expected);
});

it("time leaves NULL alone and says why it rejects, without the value", async () => {
  const rows = await runColumn("{ from: x, time: HH:mm }", [null, "25:00"]);

  expect(rows.map(({ rejected }) => rejected)).toEqual([
    null,
    { rule: "v.time", reason: "v is not a time in the format HH:mm" },
  ]);
});

it.each([
  ["h:mm", 'time format "h:mm" has hours from 1 to 12 without A'],
  ["HH:mm A", 'time format "HH:mm A" has A beside hours from 0 to 23'],
  ["HH", 'time format "HH" needs mm exactly once'],
  ["DD HH:mm", 'time format "DD HH:mm" holds "DD"'],
  ["Hmm", 'time format "Hmm" has H, one digit or two, beside another digit'],
])("time refuses the format %s", (format, text) => {
  const { lines } = complaints({ "people.yaml": peopleWith(`v: { from: x, time: "${format}" }`) });

  expect(lines).toEqual([`people.yaml:3: columns.v.time: ${text}`]);
});

it("time takes no otherwise that it would not write itself", () => {
  const { lines } = complaints({ "people.yaml": peopleWith("v: { from: x, time: iso, otherwise: noon }") });

  expect(lines[0]).toContain("otherwise is no time as the rule writes them (21:05:00)");
});
