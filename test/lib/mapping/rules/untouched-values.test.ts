import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";

const lookLikeOthers = ["00501", "1e3", "1.10", "-0", "NO", "0x10", "true", "1.234,56", "12345678901234567890123"];
const awkward = [
  "\\N",
  '"',
  "'",
  "''",
  "a,b",
  "a\nb",
  "a\r\nb",
  "\\",
  "{}",
  "|",
  "é",
  "e\u0301",
  "😀",
  "👨‍👩‍👧",
  "\u0001",
  "%",
  "$1",
];

it.each([
  "null_if: [N/A, '-']",
  "default: none",
  "collapse: true",
  "replace: [{ find: zzz, with: y }, { pattern: 'z{3}', with: y }]",
  "pad: { to: 1, with: '0' }",
  "substring: { from: 1 }",
  "substring: { from: -1000 }",
  "split: { by: '~~', take: first }",
])("%s changes no value that it is not about", async (rule) => {
  const values = [...lookLikeOthers, ...awkward];
  const kept = rule.startsWith("collapse") ? values.filter((value) => !/\s/.test(value)) : values;

  const rows = await runColumn(`{ from: x, ${rule} }`, kept);

  expect(rows.map((row) => row.values[0])).toEqual(kept);
});

it.each(["upper: true", "lower: true"])("%s changes letters only", async (rule) => {
  const values = [...lookLikeOthers, ...awkward];

  const rows = await runColumn(`{ from: x, ${rule} }`, values);

  const changed = (value: string) => (rule.startsWith("upper") ? value.toUpperCase() : value.toLowerCase());
  expect(rows.map((row) => row.values[0])).toEqual(values.map(changed));
});
